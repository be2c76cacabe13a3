// What the machine runs out of: descriptors, the log's disk, its reader, the right time.
import net from 'node:net';
import http from 'node:http';
import { openSync } from 'node:fs';
import { Cluster, serverOn, test, expect, finish, now, sleep, signIn, call } from './rig.mjs';
import { Control } from './control.mjs';

const cluster = new Cluster();
const server = await serverOn(cluster, 'starved');
const works = async (token, why, agent) => {
    for (const target of ['/livez', '/v1/me']) {
        const reply = await call(server.port, 'GET', target, { token, agent });
        expect(reply.status === 200, `${why}: ${target} answers ${reply.status} ${reply.error ?? reply.text}`);
        expect(reply.ms < 1000, `${why}: ${target} took ${Math.round(reply.ms)} ms`);
    }
};

/* A server for one test: whatever becomes of it, the next one finds the port free. */
async function served(options, body) {
    server.start(options);
    try {
        await server.ready();
        await body(await signIn(server.port));
        expect(server.isUp(), 'it has ended');
        server.child.stderr?.destroy();
        expect((await server.stop()) === 0, 'it did not end cleanly');
    } finally {
        if (server.isUp()) await server.stop('SIGKILL');
    }
}

await test('without descriptors left it neither dies nor spins, serves who is connected, and recovers', async () => {
    const limit = 96;
    let note;
    await served({ wrap: ['sh', '-c', `ulimit -n ${limit}; exec "$0" "$@"`] }, async (token) => {
        const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
        await works(token, 'before', agent);
        const sockets = Array.from({ length: 2 * limit }, () => {
            const socket = net.connect(server.port, '127.0.0.1');
            socket.on('error', () => {});
            return socket;
        });
        await sleep(500);
        const used = server.cpu();
        await sleep(2000);
        const spent = server.cpu() - used;
        await works(token, 'exhausted', agent);
        for (const socket of sockets) socket.destroy();
        const freed = now();
        let reply;
        do reply = await call(server.port, 'GET', '/v1/me', { token, timeout: 1000 });
        while (reply.status !== 200 && now() < freed + 10000);
        const took = now() - freed;
        agent.destroy();
        expect(reply.status === 200 && took < 2000, `answered ${reply.status} ${Math.round(took)} ms after there were descriptors again`);
        expect(spent < 0.6, `it used ${spent.toFixed(2)} s of processor in 2 s`);
        note = `${spent.toFixed(2)} s of processor in 2 s; back after ${Math.round(took)} ms`;
    });
    return note;
});

for (const [title, out, prepare] of [
    ['a full disk under the log changes nothing', () => openSync('/dev/full', 'w'), () => {}],
    ['a log whose reader has gone changes nothing', () => 'pipe', (log) => log.destroy()],
    ['a log whose reader sleeps changes nothing', () => 'pipe', (log) => log.pause()],
]) {
    await test(title, () =>
        served({ stdio: ['ignore', 'ignore', out()], more: { ASHLAR_LOG_LEVEL: 'debug' } }, async (token) => {
            prepare(server.child.stderr);
            for (let i = 0; i < 300; i++) await works(token, `request ${i}`);
        }),
    );
}

await test('the clock jumps: deadlines, sessions and ids go on', async () => {
    const control = new Control();
    const hours = 3600;
    await served({ more: control.environment() }, async (token) => {
        for (const jump of [0, 6 * hours, -6 * hours, 12 * hours, 0]) {
            control.set('clock_s', jump);
            for (let i = 0; i < 10; i++) await works(token, `with the clock at ${jump / hours} h`);
            const reply = await call(server.port, 'POST', '/v1/orgs', { token, body: { name: `At ${jump}` } });
            expect(reply.status === 201, `founding at ${jump / hours} h answered ${reply.status} ${reply.text}`);
        }
    });
});
await test('no sanitizer and no library complained', async () => {
    expect(server.complaints() === '', () => server.complaints());
});
await finish();
