// Mail and inbox against what breaks them: a process killed at every step of a transmission, and a
// stream cut a thousand times. Ends with a line of totals.
import http from 'node:http';
import { base, call, cuts, expect, finish, kills, mailTo, person, port, server, sleep, sql, taken, test, textOf, until, watch } from './rig.mjs';

server.migrate();
await server.start();
const ann = await person('ann@delivery.example');
const bob = await person('bob@delivery.example');
const org = await call(ann.token, 'POST', '/v1/orgs', { name: 'Envelopes' });

// Changes bob's role, which tells him: one notification, one mail.
let role = 'member';
async function tellBob() {
  role = role === 'member' ? 'admin' : 'member';
  await call(ann.token, 'PATCH', `/v1/orgs/${org.id}/members/${bob.id}`, { role });
}

const settled = () => sql("SELECT count(*) FROM notifications.mail WHERE state IN ('queued', 'transmitting')") === '0';

await test('who joins and who manages members are told, in the inbox and by mail', async () => {
  await call(ann.token, 'POST', `/v1/orgs/${org.id}/invitations`, { email: bob.email, role });
  const invitation = await mailTo(bob.email, 'invited you');
  const token = /token=([A-Za-z0-9_-]+)/.exec(textOf(invitation))[1];
  await call(bob.token, 'POST', '/v1/invitations/accept', { token });
  await mailTo(bob.email, 'Welcome to Envelopes');
  await mailTo(ann.email, 'bob joined Envelopes');
  for (const who of [ann, bob])
    expect((await call(who.token, 'GET', '/v1/me/inbox')).data.length === 1, `the inbox of ${who.email}`);
});

await test('mails travel over TLS and signed in, and can be left with one click', async () => {
  expect(taken.length > 0 && taken.every((mail) => mail.secure && mail.user === 'app'), 'a mail in clear, or unsigned');
  const mail = await mailTo(bob.email, 'Welcome');
  const url = /^List-Unsubscribe: <(.*)>/m.exec(mail.raw)[1];
  expect(/^List-Unsubscribe-Post: List-Unsubscribe=One-Click/m.test(mail.raw), 'no one-click header');
  const page = await fetch(url);
  expect(page.status === 200 && (await page.text()).includes('<form method="post">'), 'no page');
  const reply = await fetch(url, { method: 'POST', body: new URLSearchParams({ 'List-Unsubscribe': 'One-Click' }) });
  expect(reply.status === 200 && !reply.redirected, () => `one click answered ${reply.status}`);
  const { data } = await call(bob.token, 'GET', '/v1/me/notification-preferences');
  const joined = data.find((one) => one.kind === 'users.joined');
  expect(joined.channels.find((one) => one.channel === 'mail').wanted === false, 'it was not switched off');
});

/* --- A process killed at every step of a conversation with the mail server --- */

// Until the server has asked for a message nobody has it, and it waits; afterwards nobody can say.
const before = ['connect', 'secured', 'signed in', 'sender', 'recipient'];
const within = ['asked', 'taken', 'answered'];

async function killAt(name, cause, wanted) {
  const reached = new Promise((done) => {
    watch.step = async (at, to) => {
      if (at !== name || (wanted && to !== wanted)) return;
      done();
      if (at !== 'answered') await sleep(1000);
    };
  });
  await cause();
  await reached;
  await server.kill();
  watch.step = async () => {};
  // What the rescue of lost jobs does within 30 s (tests/db/test_jobs_crashes.c), at once.
  sql("UPDATE platform.job SET state = 'ready', locked_by = NULL, heartbeat_at = NULL WHERE state = 'running'");
  await server.start();
}

const changes = (state) => Number(sql("SELECT count(*) FROM notifications.mail WHERE kind = 'users.role_changed'"
  + ` AND state LIKE '${state}'`));

// One notification for each step, settled before the next.
async function killRounds(steps) {
  const began = Object.fromEntries(['%', 'sent', 'unknown'].map((state) => [state, changes(state)]));
  for (let round = 0; round < kills; round++) {
    for (const name of steps) {
      await killAt(name, tellBob);
      await until(`a mail whose process was killed at "${name}" is settled`, settled);
    }
  }
  const [all, sent, unknown] = Object.keys(began).map((state) => changes(state) - began[state]);
  expect(all === kills * steps.length, () => `${all} mails of ${kills * steps.length} notifications`);
  expect(sent + unknown === all, 'a mail is neither sent nor unknown');
  const ids = new Map();
  for (const mail of taken) ids.set(mail.id, (ids.get(mail.id) ?? 0) + 1);
  const twice = [...ids].filter(([, n]) => n > 1);
  expect(twice.length === 0, () => `taken twice: ${twice}`);
  return { sent, unknown };
}

await test('a process killed before the server asked for the mail: all are sent, none is unknown', async () => {
  const { sent, unknown } = await killRounds(before);
  expect(unknown === 0, () => `${unknown} unknown`);
  return `${sent} kills, ${sent} sent`;
});

await test('a process killed in the transmission: nothing is sent twice, nothing is lost unseen', async () => {
  const { sent, unknown } = await killRounds(within);
  expect(unknown >= kills, 'a mail was transmitted, its process killed, and it is not unknown');
  return `${sent + unknown} kills, ${sent} sent, ${unknown} unknown, none twice`;
});

await test('a code somebody waited for is sent once more with the same id', async () => {
  await killAt('taken', () => call(null, 'POST', '/v1/auth/signup',
    { email: 'cat@delivery.example', password: 'an envelope without a stamp', name: 'Cat' }), 'cat@delivery.example');
  await until('it is settled', settled);
  const both = taken.filter((mail) => mail.to === 'cat@delivery.example');
  expect(both.length === 2 && both[0].id === both[1].id, () => `${both.length} copies`);
});

await test('an address that does not exist is left alone, and only its own', async () => {
  await call(ann.token, 'POST', `/v1/orgs/${org.id}/invitations`, { email: 'gone@delivery.example', role: 'member' });
  await until('it is refused', () => sql("SELECT answer FROM notifications.suppression WHERE address = 'gone@delivery.example'").includes('5.1.1'));
  expect(sql('SELECT count(*) FROM notifications.suppression') === '1', 'more than one address');
});

await test('a server whose certificate nobody vouches for gets no mail', async () => {
  await server.stop();
  await server.start({ ASHLAR_SMTP_CA_FILE: '/etc/ssl/certs/ca-certificates.crt' });
  const before = taken.length;
  await tellBob();
  await until('it was tried', () => sql('SELECT why FROM notifications.mail ORDER BY id DESC LIMIT 1').includes('certificate'));
  expect(taken.length === before, 'it was sent');
  await server.stop();
  await server.start();
});

/* --- The stream --- */

// Items by id, as a front end keeps them, and the last event's id.
const view = { items: new Map(), last: 0, repeats: 0, disorder: 0 };

function apply(frame) {
  const id = Number(/^id: ?(\d+)$/m.exec(frame)?.[1]);
  const data = /^data: ?(.*)$/m.exec(frame)?.[1];
  if (!id || !data) return;
  if (id === view.last) view.repeats++;
  if (id < view.last) view.disorder++;
  view.last = Math.max(view.last, id);
  const item = JSON.parse(data);
  view.items.set(item.id, item);
}

// One connection: whole frames are applied, and it is cut after `ms`, wherever that is.
function follow(ms) {
  return new Promise((done, broken) => {
    const request = http.get({ port, host: '127.0.0.1', path: '/v1/me/inbox/stream', agent: false,
      headers: { Authorization: `Bearer ${bob.token}`, Accept: 'text/event-stream', 'Last-Event-ID': String(view.last) } },
    (reply) => {
      let rest = '';
      if (reply.statusCode !== 200) return broken(new Error(`the stream answered ${reply.statusCode}`));
      reply.on('data', (chunk) => {
        const frames = (rest + chunk).split('\n\n');
        rest = frames.pop();
        frames.forEach(apply);
      });
      reply.on('error', () => {});
      reply.on('close', done);
    });
    request.on('error', () => done());
    setTimeout(() => request.destroy(), ms);
  });
}

await test(`the stream cut ${cuts} times: the inbox is the same, nothing missing, nothing twice`, async () => {
  // The mails would only keep the workers busy.
  await call(bob.token, 'PUT', '/v1/me/notification-preferences',
    { data: [{ kind: 'users.role_changed', channel: 'mail', wanted: false }] });
  // Notifications of every transaction shape: told, marked, all marked, several writers at once.
  let writing = true;
  const write = async (i) => {
    while (writing) {
      const { data } = await call(bob.token, 'GET', '/v1/me/inbox?limit=20');
      const one = data[Math.floor(Math.random() * data.length)];
      const dice = Math.random();
      if (i === 0) await tellBob();
      else if (dice < 0.1) await call(bob.token, 'POST', '/v1/me/inbox/read-all', {});
      else if (one) await call(bob.token, 'PATCH', `/v1/me/inbox/${one.id}`, { read: dice < 0.6 });
      await sleep(i === 0 ? 60 : 20);
    }
  };
  const writers = [0, 1, 2].map(write);
  for (let i = 0; i < cuts; i++) await follow(Math.random() * 30);
  writing = false;
  await Promise.all(writers);
  await until('every notification is written', () => sql("SELECT count(*) FROM platform.job WHERE kind = 'notifications.deliver_copy' AND state IN ('ready', 'running')") === '0');
  await follow(1000);
  const whole = [];
  for (let cursor = ''; cursor !== null;) {
    const page = await call(bob.token, 'GET', `/v1/me/inbox?show=all&limit=200${cursor && `&cursor=${cursor}`}`);
    whole.push(...page.data);
    cursor = page.next_cursor;
  }
  expect(view.items.size === whole.length, `${view.items.size} notifications by stream, ${whole.length} in the inbox`);
  for (const item of whole)
    expect(JSON.stringify(view.items.get(item.id)) === JSON.stringify(item), `${item.id} differs`);
  expect(view.repeats === 0 && view.disorder === 0, `${view.repeats} events twice, ${view.disorder} out of order`);
  return `${whole.length} notifications, last event ${view.last}`;
});

await finish();
