// Clients that send a byte now and then, or never read: the others notice nothing, and the slow are
// gone ten seconds after their deadline.
import net from 'node:net';
import { readdirSync } from 'node:fs';
import { Cluster, serverOn, test, expect, finish, long, now, sleep, signIn, call, percentile } from './rig.mjs';

const n = long ? 2000 : 200;
const HEADER_MS = 5000; // absolute deadlines of the listener
const BODY_MS = 30000;
const WRITE_MS = 30000;
const REAPED_MS = 10000;

const cluster = new Cluster();
const server = await serverOn(cluster, 'slow', {
    settings: { ASHLAR_CONNECTIONS: String(n * 2 + 500), ASHLAR_THREADS: String(long ? 40 : 8) },
});
server.start();
await server.ready();
const token = await signIn(server.port);

const descriptors = () => readdirSync(`/proc/${server.child.pid}/fd`).length;
const SPARE = descriptors() + 30; // its threads', the pool's, the probes'

/* `feed` is called with each socket twice a second. Counted at the server: a client that does not
 * read does not hear that it was cut. */
class Slow {
    constructor(count, begin, feed) {
        this.began = now();
        this.sockets = Array.from({ length: count }, () => {
            const socket = net.connect(server.port, '127.0.0.1', () => begin(socket));
            socket.resume();
            socket.on('error', () => {});
            return socket;
        });
        this.timer = setInterval(() => {
            for (const socket of this.sockets) if (socket.writable) feed(socket);
        }, 500);
    }
    async end(ms) {
        await sleep(1000);
        this.most = descriptors();
        while (descriptors() > SPARE && now() < this.began + ms) await sleep(50);
        this.took = now() - this.began;
        clearInterval(this.timer);
        const left = descriptors() - SPARE;
        for (const socket of this.sockets) socket.destroy();
        return left;
    }
}

/* Probes while `done` has not resolved: none fails, 99 of 100 take at most 250 ms. */
async function probed(done) {
    const times = [];
    const odd = [];
    let over = false;
    done.then(() => (over = true));
    while (!over) {
        for (const [target, options] of [
            ['/livez', {}],
            ['/v1/me', { token }],
        ]) {
            const reply = await call(server.port, 'GET', target, { ...options, timeout: 5000 });
            times.push(reply.ms);
            if (reply.status !== 200) odd.push(`${target}: ${reply.status} ${reply.error ?? reply.text}`);
        }
        await sleep(50);
    }
    expect(odd.length === 0, () => `${odd.length} of ${times.length} probes failed: ${odd[0]}`);
    const p99 = percentile(times, 0.99);
    expect(p99 <= 250, `probes took ${Math.round(p99)} ms (p99)`);
    return `${times.length} probes, p99 ${Math.round(p99)} ms`;
}

async function slow(title, deadline, clients) {
    await test(title, async () => {
        const all = clients();
        const ended = all.end(deadline + REAPED_MS);
        const note = await probed(ended);
        const left = await ended;
        expect(all.most > n, `only ${all.most} descriptors were open: the load did not arrive`);
        expect(left <= 0, `${left} of ${n} slow connections are still there`);
        return `${note}; all ${n} gone after ${Math.round(all.took)} ms`;
    });
}

const head = 'POST /v1/orgs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n';

await slow(`${n} clients that trickle their head harm nobody and are cut`, HEADER_MS, () =>
    new Slow(
        n,
        (socket) => socket.write('GET /livez HTTP/1.1\r\nHost: localhost\r\nX-Slow: '),
        (socket) => socket.write('a'),
    ),
);
await slow(`${n} clients that connect and say nothing harm nobody and are cut`, HEADER_MS, () =>
    new Slow(n, () => {}, () => {}),
);
// In one go, since each takes half a minute: bodies that trickle, and answers nobody reads to requests
// that keep coming.
await slow(`${n} clients that trickle a body or do not read harm nobody and are cut`, Math.max(BODY_MS, WRITE_MS), () => {
    const many = 'GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(1000);
    let i = 0;
    return new Slow(
        n,
        (socket) => {
            socket.deaf = i++ % 2 === 1;
            if (!socket.deaf) return socket.write(`${head}Authorization: Bearer ${token}\r\nContent-Length: 60000\r\n\r\n`);
            socket.pause();
            socket.write(many);
        },
        (socket) => !socket.deaf && socket.write(' '),
    );
});
await test('no sanitizer and no library complained', async () => {
    expect(server.complaints() === '', () => server.complaints());
});
await finish();
