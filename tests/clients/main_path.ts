// The main path through the generated types: sign up, verify, found an organisation, read it back.
import createClient from 'openapi-fetch';
import type { paths } from './api.js';

const base = process.argv[2]!;
declare const process: { argv: string[]; exitCode: number };

const email = `client-${Date.now()}@clients.example`;
const password = 'a client made of types';

function must<T>(reply: { data?: T; error?: unknown; response: Response }): T {
  if (reply.data === undefined)
    throw new Error(`${reply.response.url} answered ${reply.response.status}: ${JSON.stringify(reply.error)}`);
  return reply.data;
}

function equal(found: unknown, expected: unknown): void {
  if (found !== expected) throw new Error(`found ${String(found)}, expected ${String(expected)}`);
}

async function mailedToken(to: string): Promise<string> {
  for (let tries = 0; tries < 100; tries++) {
    const reply = await fetch(`${base}/dev/mail?format=json&to=${encodeURIComponent(to)}`);
    const { data } = (await reply.json()) as { data: { text: string }[] };
    const token = /[?#&]token=([A-Za-z0-9_-]+)/.exec(data.at(-1)?.text ?? '')?.[1];
    if (token) return token;
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error(`no mail to ${to}`);
}

const nobody = createClient<paths>({ baseUrl: base });
const pending = must(await nobody.POST(
  '/v1/auth/signup', { body: { email, password, name: 'Typed Client', transport: 'bearer' } }));
equal(pending.status, 'pending');

const confirmed = must(
  await nobody.POST('/v1/auth/email-verifications/confirm',
    { body: { token: await mailedToken(email), signup_secret: pending.signup_secret ?? null, transport: 'bearer' } }));
equal(confirmed.status, 'active');
equal(confirmed.person?.email, email);

const signedIn = must(
  await nobody.POST('/v1/auth/sessions', { body: { email, password, transport: 'bearer' } }));
const api = createClient<paths>({ baseUrl: base, headers: { Authorization: `Bearer ${signedIn.token}` } });

const me = must(await api.GET('/v1/me'));
equal(me.email, email);

// A list in the query, as the client writes lists by itself.
const screen = must(await api.GET('/v1/me', { params: { query: { include: ['orgs', 'permissions'] } } }));
equal(screen.orgs?.length, 0);

const org = must(await api.POST('/v1/orgs', { body: { name: 'Typed Organisation' } }));
const again = must(await api.GET('/v1/orgs/{org_id}', { params: { path: { org_id: org.id } } }));
equal(again.name, 'Typed Organisation');

const members = must(
  await api.GET('/v1/orgs/{org_id}/members', { params: { path: { org_id: org.id }, query: { limit: 10 } } }));
equal(members.data.length, 1);
equal(members.data[0]?.role, 'owner');

const refused = await api.POST('/v1/orgs', { body: { name: '' } });
equal(refused.response.status, 422);
equal(refused.error?.code, 'invalid-fields');
equal(refused.error?.errors?.[0]?.pointer, '/name');

must({ ...(await api.DELETE('/v1/orgs/{org_id}', { params: { path: { org_id: org.id } } })), data: true });
const gone = await api.GET('/v1/orgs/{org_id}', { params: { path: { org_id: org.id } } });
equal(gone.response.status, 404);
