// Clients that reset, half-close or close wherever a request can wait, straight at the server and
// through nginx: what was asked happens once and under its own key, the server stays, and everything
// is given back. Once more under valgrind, which sees what AddressSanitizer's build does not.
import net from 'node:net';
import { randomUUID } from 'node:crypto';
import { spawn } from 'node:child_process';
import { Cluster, Server, serverOn, test, expect, finish, finally_, ended, freePort, long, now, sleep, signIn, call, runtime } from './rig.mjs';
import { startNginx } from './nginx.mjs';
import { Writers } from './writers.mjs';

const rounds = long ? 50 : 1;
const n = 9; // at once: three leave in each way; each holds a connection to PostgreSQL
const database = 'clients';
const ways = ['reset', 'half-close', 'close'];
/* A thread reads its next request when it has answered the last, and the kernel may give one thread
 * several connections: then some leave before they are read. */
const surely = runtime === 'threads' ? 1 : n;

const cluster = new Cluster();
const settings = (ops) => ({
    ASHLAR_OPS_LISTEN: `127.0.0.1:${ops}`,
    ASHLAR_THREADS: '16',
    ASHLAR_STREAMS_PER_PERSON: '100',
    ASHLAR_TRUSTED_PROXIES: '127.0.0.1/32',
});
const opsPort = await freePort();
const server = await serverOn(cluster, database, { settings: settings(opsPort) });
server.opsPort = opsPort;
server.start();
await server.ready();
const token = await signIn(server.port);
const nginx = await startNginx([server.port]);

/* --- What waits: whoever founds an organisation, behind the gate --- */

/* One psql that stays: a process for each question would cost more than all the rest. */
class Session {
    constructor() {
        this.said = '';
        this.psql = spawn('psql', ['-XAtqd', cluster.url(database)], { stdio: ['pipe', 'pipe', 'inherit'] });
        this.psql.stdout.on('data', (piece) => (this.said += piece));
        finally_(async () => {
            this.psql.stdin.end();
            await ended(this.psql);
        });
    }
    async ask(sql) {
        this.said = '';
        this.psql.stdin.write(`${sql};\n\\echo .\n`);
        for (const until = now() + 10000; !this.said.endsWith('.\n'); await sleep(2)) expect(now() < until, `no answer to ${sql}`);
        return this.said.slice(0, -2).trim();
    }
}
const asker = new Session();
const keeper = new Session();

const gate = {
    isShut: false,
    async shut() {
        await keeper.ask('BEGIN; LOCK TABLE users.org IN SHARE MODE');
        this.isShut = true;
    },
    async open() {
        if (this.isShut) await keeper.ask('COMMIT');
        this.isShut = false;
    },
    async waiting() {
        let seen;
        for (const until = now() + 10000; now() < until; await sleep(5)) {
            seen = Number(await asker.ask("SELECT count(*) FROM pg_locks WHERE relation = 'users.org'::regclass AND NOT granted"));
            if (seen >= surely) return;
        }
        throw new Error(`${seen} of ${surely} stand at the gate`);
    },
};

/* --- Clients --- */

let made = 0;
class Client {
    constructor(port, text) {
        this.way = ways[made++ % ways.length];
        this.heard = '';
        this.socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true }, () => this.socket.write(text));
        this.socket.on('data', (piece) => (this.heard += piece.toString('latin1')));
        this.socket.on('error', () => {});
    }
    leave() {
        if (this.way === 'reset') this.socket.resetAndDestroy();
        else if (this.way === 'half-close') this.socket.end();
        else this.socket.destroy();
    }
    async hears(needle, ms = 10000) {
        for (const until = now() + ms; !this.heard.includes(needle); await sleep(5))
            expect(now() < until, () => `not heard ${JSON.stringify(needle)} but ${JSON.stringify(this.heard.slice(0, 300))}`);
    }
    end() {
        this.socket.destroy();
    }
}

const head = (method, target, more) => `${method} ${target} HTTP/1.1\r\nHost: localhost\r\n${more}\r\n`;
const bearer = `Authorization: Bearer ${token}\r\nOrigin: http://localhost:5173\r\n`;

/* Whose request and end a thread reads together is noticed when it has been idle for 30 seconds:
 * there the reply is the last. */
const last = runtime === 'threads' ? 'Connection: close\r\n' : '';

function founding(writers, key, body = JSON.stringify({ name: `${writers.name} ${key}` })) {
    const fields = `Idempotency-Key: ${key}\r\n${bearer}${last}Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n`;
    return head('POST', '/v1/orgs', fields) + body;
}

/* Unfinished heads that bring other keys to where those of clients that left lay. */
const crowd = (port) => Array.from({ length: 3 * n }, () => new Client(port, head('POST', '/v1/orgs', `Idempotency-Key: ${randomUUID()}\r\n${bearer}`).slice(0, -2)));

/* --- At rest --- */

async function used(at) {
    const reply = await call(at.opsPort, 'GET', '/metrics');
    expect(reply.status === 200, `/metrics answers ${reply.status} ${reply.error}: ${at.tail()}`);
    return Object.fromEntries(Array.from(reply.text.matchAll(/ashlar_bound_used\{bound="(\w+)"\} (\d+)/g), ([, bound, count]) => [bound, Number(count)]));
}

/* Connections of nginx stay a while. An end that is read together with what came before it goes
 * unnoticed until the body's deadline (30 s): libmicrohttpd looks again when more comes. */
async function rest(at, before, but = []) {
    let after;
    let over;
    for (const until = now() + 40000; now() < until; await sleep(10)) {
        after = await used(at);
        over = Object.keys(before).filter((bound) => !but.includes(bound) && after[bound] > before[bound]);
        if (over.length === 0) return;
    }
    throw new Error(`not given back: ${over.map((bound) => `${bound} ${after[bound]}`)}`);
}

/* --- Each wait, left in each way --- */

/* What happened before anybody asked again is kept under the key it was asked with. */
async function keptUnderTheirKeys(writers) {
    const lost = await asker.ask(
        `SELECT count(*) FROM users.org o WHERE name LIKE '${writers.name} %' AND NOT EXISTS
            (SELECT FROM platform.idempotency i WHERE i.key = substr(o.name, 10) AND i.status = 201)`,
    );
    expect(lost === '0', `${lost} replies are kept under other keys than they were asked with`);
}

const leave = (clients) => {
    for (const client of clients) client.leave();
    return sleep(20);
};

/* Each opens clients, waits until they wait, and has them leave. */
const waits = {
    async head(open, keys, port, writers) {
        const clients = open(keys.map((key) => founding(writers, key).slice(0, 90)));
        await sleep(20);
        await leave(clients);
    },
    async body(open, keys, port, writers) {
        const clients = open(keys.map((key) => founding(writers, key).slice(0, -10)));
        await sleep(20);
        await leave(clients);
    },
    async handler(open, keys, port, writers, direct) {
        await gate.shut();
        const clients = open(keys.map((key) => founding(writers, key)));
        await gate.waiting();
        await leave(clients);
        const others = crowd(port);
        await sleep(20);
        await gate.open();
        if (direct) for (const client of clients.filter(({ way }) => way === 'half-close')) await client.hears('HTTP/1.1 201');
        for (const other of others) other.end();
    },
    /* The first holds the key and waits; who asks again is told so, and both leave. */
    async key(open, keys, port, writers) {
        await gate.shut();
        const first = open(keys.map((key) => founding(writers, key)));
        await gate.waiting();
        const again = open(keys.map((key) => founding(writers, key)));
        if (runtime === 'reactors') for (const client of again.slice(0, 3)) await client.hears('HTTP/1.1 409');
        await leave([...first, ...again]);
        await gate.open();
    },
    async hash(open) {
        const body = JSON.stringify({ email: 'demo@example.com', password: 'open-the-demo-door', transport: 'bearer' });
        const clients = open(ways.map(() => head('POST', '/v1/auth/sessions', `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n`) + body));
        await sleep(10);
        await leave(clients);
    },
    async stream(open, keys) {
        const clients = open(keys.map(() => head('GET', '/v1/me/inbox/stream', bearer)));
        for (const client of clients) await client.hears(':\n\n');
        await leave(clients);
    },
    /* More than sockets hold on their way, of which the beginning is read. */
    async reply(open, keys) {
        const clients = open(keys.map(() => head('GET', '/openapi.json', bearer).repeat(20)));
        for (const client of clients) client.socket.once('data', () => client.socket.pause());
        for (const client of clients) await client.hears('HTTP/1.1 200');
        await leave(clients);
    },
};

async function round(at, port, wait, writers) {
    const direct = port === at.port;
    const before = await used(at);
    const keys = Array.from({ length: n }, () => randomUUID());
    const clients = [];
    const open = (texts) => {
        const opened = texts.map((text) => new Client(port, text));
        clients.push(...opened);
        return opened;
    };
    try {
        await waits[wait](open, keys, port, writers, direct);
    } finally {
        await gate.open();
        for (const client of clients) client.end();
    }
    await rest(at, before, direct ? [] : ['connections']);
    await keptUnderTheirKeys(writers);
    if (!['hash', 'stream', 'reply'].includes(wait)) await Promise.all(keys.map((key) => writers.repeat(key)));
    return clients.length;
}

async function leaving(at, port, wait, times = rounds) {
    const writers = new Writers(port, token, 0);
    let left = 0;
    for (let i = 0; i < times; i++) left += await round(at, port, wait, writers);
    await writers.stop();
    writers.check(cluster, database);
    expect(at.isUp(), () => `the server has ended: ${at.tail()}`);
    return left;
}

for (const wait of Object.keys(waits)) {
    await test(`clients leave (${wait}), straight and through nginx: one effect a key, all is given back`, async () => {
        const straight = await leaving(server, server.port, wait);
        return `${straight} and ${await leaving(server, nginx.port, wait)} clients`;
    });
}
await test('no connection and no stream is left, and no sanitizer complained', async () => {
    await rest(server, { ...(await used(server)), connections: 0, streams: 0 });
    expect(server.complaints() === '', () => server.complaints());
    expect((await server.stop()) === 0, () => `it did not end cleanly: ${server.tail()}`);
    expect(server.complaints() === '', () => server.complaints());
});

/* --- Under valgrind --- */

if (process.env.FAULTS_PLAIN && (long || runtime === 'reactors')) {
    await test('valgrind sees nothing while clients leave a waiting handler, a body and a stream', async () => {
        const ops = await freePort();
        const slow = await Server.on(cluster, database, { suffix: '-valgrind', settings: settings(ops) });
        slow.opsPort = ops;
        slow.start({ binary: process.env.FAULTS_PLAIN, wrap: ['valgrind', '-q', '--error-exitcode=99', '--num-callers=30'] });
        await slow.ready(60000, '/livez');
        while (slow.isUp() && (await call(ops, 'GET', '/livez')).status !== 200) await sleep(50);
        let left = 0;
        for (const wait of ['handler', 'body', 'stream', 'reply']) left += await leaving(slow, slow.port, wait, long ? 20 : 1);
        const code = await slow.stop();
        expect(code === 0, () => `it ended with ${code}: ${slow.tail()}`);
        return `${left} clients left`;
    });
}
await finish();
