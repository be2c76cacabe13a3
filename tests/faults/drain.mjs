// Restarts under load through nginx: two servers restarted in turn, no request of a client fails.
// Descriptors 3 and 4 are listening sockets on the two ports in FAULTS_HELD (tests/faults/hold.c).
import http from 'node:http';
import { randomUUID } from 'node:crypto';
import { openSync } from 'node:fs';
import { Cluster, Server, serverOn, test, expect, finish, long, now, sleep, signIn, call } from './rig.mjs';
import { startNginx } from './nginx.mjs';

const handed = long ? 200 : 20;
const held = process.env.FAULTS_HELD.split(' ').map(Number);
const inherit = ['sh', '-c', 'LISTEN_FDS=1 LISTEN_PID=$$ exec "$0" "$@"'];

const cluster = new Cluster();
const servers = [await serverOn(cluster, 'drain', { port: held[0] })];
servers.push(await Server.on(cluster, 'drain', { port: held[1], suffix: '-b' }));
const startHeld = (server, i) => {
    const out = openSync(server.log, 'a');
    return server.start({ wrap: inherit, stdio: ['ignore', out, out, 3 + i] }).ready();
};
await Promise.all(servers.map(startHeld));
const nginx = await startNginx(held);
const token = await signIn(nginx.port);

/* Clients that never try again. */
function load(agents) {
    const seen = { good: 0, bad: [], ids: new Set(), running: true };
    const client = async (method) => {
        const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
        while (seen.running) {
            const key = randomUUID();
            const reply =
                method === 'GET'
                    ? await call(nginx.port, 'GET', '/v1/me', { token, agent })
                    : await call(nginx.port, 'POST', '/v1/orgs', { token, agent, key, body: { name: `O ${key}` } });
            if (reply.status === (method === 'GET' ? 200 : 201)) seen.good++;
            else seen.bad.push(`${method} ${reply.status} ${reply.error ?? reply.text?.slice(0, 200)}`);
            if (reply.status === 201) seen.ids.add(reply.json.id);
            await sleep(Math.random() * 20);
        }
        agent.destroy();
    };
    const all = agents.map(client);
    seen.stop = async () => {
        seen.running = false;
        await Promise.all(all);
        expect(seen.bad.length === 0, () => `${seen.bad.length} of ${seen.good} failed: ${[...new Set(seen.bad)].slice(0, 5).join(' | ')}\n${nginx.errors()}`);
        return `${seen.good} requests`;
    };
    return seen;
}

async function restart(i, start, times) {
    const began = now();
    const code = await servers[i].stop();
    times.push(now() - began);
    expect(code === 0, () => `the server ended with ${code}: ${servers[i].tail()}`);
    await start(servers[i], i);
    await sleep(100);
}

await test(`${handed} restarts with the listening socket handed over: no request through nginx fails`, async () => {
    const seen = load(['GET', 'GET', 'GET', 'POST', 'POST', 'POST']);
    const times = [];
    for (let n = 0; n < handed; n++) await restart(n % 2, startHeld, times);
    const note = await seen.stop();
    const stored = Number(cluster.sql('drain', "SELECT count(*) FROM users.org WHERE name LIKE 'O ________-%'"));
    expect(stored === seen.ids.size, `${seen.ids.size} acknowledged, ${stored} stored`);
    return `${note}, ${stored} writes; draining took ${Math.round(Math.max(...times))} ms at most`;
});

await test('a socket handed over is one that listens, or the server says so and ends', async () => {
    const out = openSync(servers[0].log, 'a');
    const odd = new Server('odd', servers[0].settings);
    odd.start({ wrap: inherit, stdio: ['ignore', out, out, openSync('/dev/null', 'r')] });
    expect((await odd.exit) === 1, 'it started');
    expect(/not a listening socket/.test(servers[0].tail()), () => servers[0].tail());
});
await test('no sanitizer and no library complained', async () => {
    for (const server of servers) expect(server.complaints() === '', () => server.complaints());
});
await finish();
