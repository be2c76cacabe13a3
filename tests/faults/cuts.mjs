// The link to PostgreSQL is cut before and after each message of sign-up, invitation and acceptance
// in turn, and each statement of them is made to fail: the effect is there once or not at all, and
// the same request with its key again learns which and ends in once.
import { spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { Cluster, serverOn, test, expect, finish, finally_, long, now, sleep, signIn, call, build, ended } from './rig.mjs';
import { Wire } from './wire.mjs';

const SAMPLES = 5; // of each flow's messages and fault, in the short form
const UNTIL_MS = 4000;

const cluster = new Cluster();
const wire = await new Wire(cluster).listen();
const server = await serverOn(cluster, 'cuts', {
    settings: { ASHLAR_WORKERS: '0', ASHLAR_JOBS_LISTEN: 'false', ASHLAR_DB_CONNECTIONS: '8' },
});
const direct = server.environment({ ASHLAR_WORKERS: '2', ASHLAR_JOBS_LISTEN: 'true' });
const worker = spawn(`${build}/ashlar`, ['worker'], { env: direct, stdio: ['ignore', 'ignore', openSync(`${server.log}.worker`, 'w')] });
finally_(() => (worker.kill('SIGTERM'), ended(worker)));
server.start({ more: { DATABASE_URL: `postgresql://postgres@127.0.0.1:${wire.port}/cuts?sslmode=disable` } });
await server.ready();
const owner = await signIn(server.port);
const rows = (text) => Number(cluster.sql('cuts', text));

/* The newest: an answer that was lost may have sent one before. */
async function mailTo(address, subject) {
    for (const until = now() + 10000; now() < until; await sleep(30)) {
        const reply = await call(server.port, 'GET', `/dev/mail?format=json&to=${encodeURIComponent(address)}`);
        const mail = reply.json?.data.find((one) => subject.test(one.subject));
        if (mail) return /token=([\w-]+)/.exec(mail.text)[1];
    }
    throw new Error(`no mail to ${address}`);
}

async function must(status, ...request) {
    const reply = await call(server.port, ...request);
    expect(reply.status === status, () => `${request[0]} ${request[1]} answered ${reply.status} ${reply.text ?? reply.error}`);
    return reply.json;
}

/* Bob, who accepts again and again. */
const bob = { email: 'bob@example.com', password: 'a long pass phrase 4711' };
await must(202, 'POST', '/v1/auth/signup', { body: { ...bob, name: 'Bob' } });
/* Confirming by the mailed token alone: the first reply with the client's secret may be the one that is cut. */
const confirm = async (email) => must(200, 'POST', '/v1/auth/email-verifications/confirm',
    { body: { token: await mailTo(email, /./), password: bob.password, name: 'Cut' } });
await confirm(bob.email);
bob.token = (await must(201, 'POST', '/v1/auth/sessions', { body: { ...bob, transport: 'bearer' } })).token;

const newOrg = async (n) => (await must(201, 'POST', '/v1/orgs', { token: owner, body: { name: `Cut ${n}` } })).id;

/* Each flow: what has to be there before, the request, its success, and how often it took effect. A
 * sign-up takes no key: each is pending, and one account comes of them (decision 0008). */
const flows = {
    'sign-up': {
        good: 202,
        prepare: async (n) => ({ email: `cut${n}@example.com` }),
        send: (n, { email }) => call(server.port, 'POST', '/v1/auth/signup', { key: `signup-${n}`, body: { email, password: bob.password, name: 'Cut' } }),
        count: (n, { email }) => rows(`SELECT count(*) FROM auth.signup WHERE email = '${email}'`),
        settled: async (n, { email }) => {
            await confirm(email);
            return rows(`SELECT count(*) FROM users.person WHERE email = '${email}'`);
        },
    },
    invitation: {
        good: 201,
        prepare: async (n) => ({ org: await newOrg(n), email: `guest${n}@example.com` }),
        send: (n, { org, email }) => call(server.port, 'POST', `/v1/orgs/${org}/invitations`, { token: owner, key: `invite-${n}`, body: { email, role: 'member' } }),
        count: (n, { email }) => rows(`SELECT count(*) FROM users.invitation WHERE email = '${email}'`),
    },
    acceptance: {
        good: 200,
        prepare: async (n) => {
            const org = await newOrg(n);
            cluster.sql('cuts', 'DELETE FROM auth.throttle'); /* so many invitations to one address nobody is mailed */
            await must(201, 'POST', `/v1/orgs/${org}/invitations`, { token: owner, body: { email: bob.email, role: 'member' } });
            return { token: await mailTo(bob.email, new RegExp(`Cut ${n}\\b`)), name: `Cut ${n}` };
        },
        send: (n, { token }) => call(server.port, 'POST', '/v1/invitations/accept', { token: bob.token, key: `accept-${n}`, body: { token } }),
        count: (n, { name }) => rows(`SELECT count(*) FROM users.membership m JOIN users.org o ON o.id = m.org_id
            JOIN users.person p ON p.id = m.person_id WHERE o.name = '${name}' AND p.email = '${bob.email}'`),
    },
};
let made = 0;

async function untilGood(flow, n, thing) {
    let reply;
    for (const until = now() + UNTIL_MS; now() < until; await sleep(20)) {
        reply = await flow.send(n, thing);
        if (reply.status === flow.good) return reply;
    }
    throw new Error(`never succeeded: ${reply.status} ${reply.text ?? reply.error}`);
}

/* Did the fault strike, and was the first answer the good one all the same? */
async function strike(flow, fault, at) {
    const n = ++made;
    const thing = await flow.prepare(n);
    wire.arm(fault, at);
    const first = await flow.send(n, thing);
    const struck = wire.disarm();
    const where = `${fault} message ${at}`;
    const applied = flow.count(n, thing);
    expect([flow.good, 409, 500, 503].includes(first.status), () => `${where}: ${first.status} ${first.text ?? first.error}`);
    expect(applied <= 1, `${where}: applied ${applied} times`);
    expect(first.status !== flow.good || applied === 1, `${where}: acknowledged and lost`);
    await untilGood(flow, n, thing);
    const times = await (flow.settled ?? flow.count)(n, thing);
    expect(times === 1, `${where}: repeated with its key, applied ${times} times`);
    return { struck, good: first.status === flow.good, applied };
}

/* Of a request whose statements are prepared, as most are: the second or a later one. */
async function countMessages(flow, fault) {
    for (let i = 0; i < 3; i++) {
        const n = ++made;
        const thing = await flow.prepare(n);
        wire.arm(fault, 0);
        await untilGood(flow, n, thing);
    }
    return wire.seen;
}

async function strikeEach(flow, fault) {
    const total = await countMessages(flow, fault);
    const stride = long ? 1 : Math.max(1, total / SAMPLES);
    const tally = { struck: 0, good: 0, refused: 0, unknown: 0, total };
    for (let at = 1; at <= total; at += stride) {
        const { struck, good, applied } = await strike(flow, fault, Math.floor(at));
        tally.struck += struck;
        if (struck) tally[good ? 'good' : applied ? 'unknown' : 'refused']++;
    }
    expect(tally.struck > 1, 'no fault struck');
    return tally;
}

const titles = {
    before: 'the link cut before each message of',
    after: 'the link cut after each message of',
    fails: 'each statement made to fail during',
};
for (const [name, flow] of Object.entries(flows)) {
    for (const [fault, title] of Object.entries(titles)) {
        await test(`${title} ${name}: applied once or not at all, and its key tells which`, async () => {
            const t = await strikeEach(flow, fault);
            return `${t.struck} of ${t.total}: ${t.good} succeeded all the same, ${t.refused} refused without effect, ${t.unknown} unknown with effect`;
        });
    }
}

await test('no sanitizer and no library complained', async () => {
    expect(server.complaints() === '', () => server.complaints());
});
await finish();
