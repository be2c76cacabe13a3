// What must not compile: each line below is an error by the generated types. Compiled, never run.
import createClient from 'openapi-fetch';
import type { paths } from './api.js';

type NewOrg = paths['/v1/orgs']['post']['requestBody']['content']['application/json'];
const api = createClient<paths>({ baseUrl: '' });

export async function wrong(): Promise<void> {
  // @ts-expect-error a field that does not exist
  const body: NewOrg = { name: 'x', colour: 'red' };
  await api.POST('/v1/orgs', { body });
  // @ts-expect-error a field with a slip of the pen
  await api.POST('/v1/orgs', { body: { nane: 'x' } });
  // @ts-expect-error a required field is missing
  await api.POST('/v1/auth/signup', { body: { email: 'a@b.example', password: 'long enough' } });
  // @ts-expect-error the wrong type
  await api.POST('/v1/orgs', { body: { name: 1 } });
  // @ts-expect-error a word outside the closed list
  await api.POST('/v1/orgs/{org_id}/invitations', { params: { path: { org_id: '' } }, body: { email: 'a@b.example', role: 'king' } });
  // @ts-expect-error a path parameter is missing
  await api.GET('/v1/orgs/{org_id}');
  // @ts-expect-error a path that does not exist
  await api.GET('/v1/nothing');
  const { data } = await api.GET('/v1/me');
  // @ts-expect-error a member the reply does not have
  data?.password;
}
