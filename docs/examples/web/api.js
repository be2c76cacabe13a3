// Calls the API with the session cookie; failures are thrown as Problem. Knows no page.

const base = document.querySelector('meta[name="ashlar-api"]').content;

/** RFC 9457: status, code, title, detail, request_id, errors[{pointer, code, message}]. */
export class Problem extends Error {
  constructor(problem) {
    super(problem.detail ?? problem.title);
    Object.assign(this, problem);
  }
}

/** Server-sent events; the browser reconnects by itself and goes on where it was. */
export function follow(path) {
  return new EventSource(base + path, { withCredentials: true });
}

export async function call(method, path, body, headers = {}) {
  let reply;
  try {
    reply = await fetch(base + path, {
      method,
      credentials: 'include', // the cookie belongs to the API's origin
      headers: body === undefined ? headers : { ...headers, 'Content-Type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch {
    throw new Problem({ status: 0, code: 'unreachable', title: `No answer from ${base}. Is the server running?` });
  }
  if (reply.ok) return reply.status === 204 ? null : reply.json();
  if (reply.headers.get('Content-Type')?.startsWith('application/problem+json'))
    throw new Problem(await reply.json());
  throw new Problem({ status: reply.status, code: 'unexpected', title: `The server answered ${reply.status}.` });
}
