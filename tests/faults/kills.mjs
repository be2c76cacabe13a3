// kill -9 of PostgreSQL and of the server under write load, and PostgreSQL frozen.
import { Cluster, serverOn, test, expect, finish, long, now, sleep, signIn, call, percentile, runtime, freePort } from './rig.mjs';
import { Writers } from './writers.mjs';

const kills = long ? 300 : 3;
const GRACE_MS = 1000;

const DEADLINE_MS = 10500; // of a request, and half a second

const cluster = new Cluster();
const database = 'kills';
const opsPort = await freePort();
const server = await serverOn(cluster, database, { settings: { ASHLAR_OPS_LISTEN: `127.0.0.1:${opsPort}` } });
server.start();
await server.ready();
const token = await signIn(server.port);
const read = () => call(server.port, 'GET', '/v1/me', { token, timeout: 90000 });
const write = (key) => call(server.port, 'POST', '/v1/orgs', { token, key, timeout: 90000, body: { name: 'Frozen' } });

async function killPostgres(writers, result) {
    await sleep(300);
    writers.clear();
    cluster.kill();
    await cluster.revive();
    const back = now();
    const took = await writers.untilGoodAfter(back, 10000);
    result.back.push(took);
    for (const reply of writers.replies) {
        if (reply.status === 503) result.refused.push(reply.ms);
        else if (reply.status !== 201 && reply.status !== 409) result.other.push(reply.status);
    }
}

await test(`PostgreSQL killed ${kills} times under load: nothing acknowledged is lost, nothing applied twice`, async () => {
    const writers = new Writers(server.port, token);
    const result = { back: [], refused: [], other: [] };
    for (let i = 0; i < kills; i++) await killPostgres(writers, result);
    await writers.stop();
    const count = writers.check(cluster, database);
    expect(result.other.length === 0, () => `answers besides 201 and 503: ${result.other.slice(0, 5)}`);
    expect(result.refused.length > 0, 'nobody was refused: the load did not meet the fault');
    const slowest = Math.max(...result.refused);
    expect(slowest <= GRACE_MS, `a 503 took ${Math.round(slowest)} ms`);
    const latest = Math.max(...result.back);
    expect(latest <= GRACE_MS, `service was back ${Math.round(latest)} ms after PostgreSQL`);
    return `${count}; ${result.refused.length} answers 503, slowest ${Math.round(slowest)} ms; back after ${Math.round(latest)} ms at most`;
});

await test(`the server killed ${kills} times under load: nothing acknowledged is lost, nothing applied twice`, async () => {
    const writers = new Writers(server.port, token);
    const back = [];
    for (let i = 0; i < kills; i++) {
        await sleep(300);
        server.child.kill('SIGKILL');
        await server.exit;
        const began = now();
        server.start();
        await server.ready();
        expect((await writers.untilGoodAfter(now(), 10000)) < 10000, 'no write succeeds after the restart');
        back.push(now() - began);
    }
    await writers.stop();
    return `${writers.check(cluster, database)}; serving again after ${Math.round(Math.max(...back))} ms at most`;
});

await test('PostgreSQL frozen: every call ends by its deadline, the probes stay fast, and service returns', async () => {
    // A thread reads its next request when it has answered the last, and the kernel may give one
    // thread several of the connections: there the deadline counts from the reading, as the server
    // logs it, and operators probe the listener of their own.
    const calls = runtime === 'threads' ? 8 : 40;
    const probe = runtime === 'threads' ? opsPort : server.port;
    const logged = server.tookAll().length;
    const started = [];
    const probes = [];
    cluster.freeze();
    try {
        for (let i = 0; i < calls; i++) started.push(i % 2 ? read() : write(`frozen-${i}`));
        for (let i = 0; i < 50; i++) {
            probes.push((await call(probe, 'GET', '/livez', { timeout: 15000 })).ms);
            await sleep(20);
        }
        const replies = await Promise.all(started);
        const took = runtime === 'threads' ? server.tookAll().slice(logged) : replies.map((reply) => reply.ms);
        expect(took.length >= calls, `${took.length} of ${calls} calls are in the log`);
        const latest = Math.max(...took);
        expect(latest <= DEADLINE_MS, `a call took ${Math.round(latest)} ms`);
        const odd = replies.filter((reply) => reply.status !== 503 && reply.status !== 504);
        expect(odd.length === 0, () => `answered ${odd[0].status} ${odd[0].text ?? odd[0].error}`);
    } finally {
        cluster.thaw();
    }
    const thawed = now();
    let reply;
    do reply = await read();
    while (reply.status !== 200 && now() < thawed + 10000);
    const took = now() - thawed;
    const livez = percentile(probes, 0.99);
    expect(livez <= 250, `/livez took ${Math.round(livez)} ms meanwhile`);
    expect(reply.status === 200 && took <= 5000, `answered ${reply.status} ${Math.round(took)} ms after thawing`);
    return `/livez p99 ${Math.round(livez)} ms; back after ${Math.round(took)} ms`;
});

await test('a client whose request waits unread behind others is answered, not cut', async () => {
    cluster.freeze();
    const started = Array.from({ length: 24 }, () => read());
    await sleep(6000); // longer than a head may take
    cluster.thaw();
    const cut = (await Promise.all(started)).filter((reply) => reply.status === 0);
    expect(cut.length === 0, () => `${cut.length} of 24 were cut: ${cut[0].error}`);
});

await test('no sanitizer and no library complained', async () => {
    expect(server.complaints() === '', () => server.complaints());
});
await finish();
