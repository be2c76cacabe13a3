// What an authenticator library makes of our secret, and we of its codes: enrol, sign in with the
// app, then with a recovery code. Takes the server's address.
import otplib from 'otplib';

const base = process.argv[2];
const email = `totp-${Date.now()}@clients.example`;
const password = 'a client with an app';
let bearer;

async function call(method, path, body) {
  const reply = await fetch(base + path, {
    method,
    headers: {
      ...(body && { 'Content-Type': 'application/json' }),
      ...(bearer && { Authorization: `Bearer ${bearer}` }),
    },
    body: body && JSON.stringify(body),
  });
  const text = await reply.text();
  return { status: reply.status, ...(text && JSON.parse(text)) };
}

function must(condition, what) {
  if (!condition) throw new Error(what);
}

async function mailedToken() {
  for (let tries = 0; tries < 100; tries++) {
    const reply = await fetch(`${base}/dev/mail?format=json&to=${encodeURIComponent(email)}`);
    const token = /[?#&]token=([A-Za-z0-9_-]+)/.exec((await reply.json()).data.at(-1)?.text ?? '')?.[1];
    if (token) return token;
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error(`no mail to ${email}`);
}

const { signup_secret } = await call('POST', '/v1/auth/signup', { email, password, name: 'App Owner', transport: 'bearer' });
await call('POST', '/v1/auth/email-verifications/confirm', { token: await mailedToken(), signup_secret });
const signIn = () => call('POST', '/v1/auth/sessions', { email, password, transport: 'bearer' });
bearer = (await signIn()).token;

const enrolment = await call('POST', '/v1/auth/totp');
must(enrolment.status === 201, `enrolment answered ${enrolment.status}`);
const uri = new URL(enrolment.uri);
must(uri.protocol === 'otpauth:' && uri.searchParams.get('secret') === enrolment.secret, enrolment.uri);
must(decodeURIComponent(uri.pathname).endsWith(`:${email}`), uri.pathname);

// The code before now enrols and the one of now signs in, so that nobody has to wait for the next.
// Once more when a step has just ended.
const app = (ago) => otplib.authenticator.clone({ epoch: Date.now() - ago * 30000 }).generate(enrolment.secret);
let enrolled = await call('POST', '/v1/auth/totp/confirm', { code: app(1) });
if (enrolled.status === 403) enrolled = await call('POST', '/v1/auth/totp/confirm', { code: app(1) });
must(enrolled.status === 200 && enrolled.recovery_codes.length === 10, `confirming answered ${enrolled.status}`);

bearer = undefined;
const withCode = async (code) => {
  const first = await signIn();
  must(first.status === 'second_factor_required', `the password answered ${JSON.stringify(first)}`);
  return call('POST', '/v1/auth/sessions/second-factor',
    { challenge: first.challenge.token, code, transport: 'bearer' });
};
let second = await withCode(app(0));
must(second.status === 'active' && second.session.factors === 'password totp', JSON.stringify(second));
second = await withCode(enrolled.recovery_codes[0]);
must(second.session?.factors === 'password recovery_code', JSON.stringify(second));
second = await withCode(enrolled.recovery_codes[0]);
must(second.code === 'auth/wrong-code', JSON.stringify(second));
