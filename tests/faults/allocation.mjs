// Each allocation that libpq, jansson, libmicrohttpd, libcurl or libsodium makes during sign-up,
// sign-in and founding an organisation fails in turn: no crash but the documented abort (one clean
// restart), no half state, and the same request again succeeds.
import { Cluster, serverOn, test, expect, finish, long, now, signIn, call } from './rig.mjs';
import { Control } from './control.mjs';

const NEVER = 1e15;
const SAMPLES = 10; // of each flow's allocations in the short form

const cluster = new Cluster();
const server = await serverOn(cluster, 'allocation', { settings: { ASHLAR_WORKERS: '0', ASHLAR_JOBS_LISTEN: 'false' } });
const control = new Control();
const start = () => server.start({ more: control.environment() }).ready();
await start();
let token = await signIn(server.port);
let restarts = 0;
const late = []; // answers that waited for a deadline

const password = 'a long pass phrase 4711';
const steps = {
    signUp: (n) => call(server.port, 'POST', '/v1/auth/signup', { key: `s-${n}`, body: { email: `u${n}@example.com`, password, name: `U ${n}` } }),
    signIn: () => call(server.port, 'POST', '/v1/auth/sessions', { body: { email: 'demo@example.com', password: 'open-the-demo-door', transport: 'bearer' } }),
    found: (n) => call(server.port, 'POST', '/v1/orgs', { token, key: `o-${n}`, body: { name: `N ${n}` } }),
};
const wanted = { signUp: 202, signIn: 201, found: 201 };

async function restartIfAborted() {
    if (server.isUp()) return;
    expect(/memory\.exhausted|arena\./.test(server.tail()), () => `it crashed: ${server.tail()}`);
    restarts++;
    await start();
}

/* Was there an n-th allocation? Their number differs a little from run to run. */
async function failOnce(step, n) {
    control.arm(n);
    const reply = await steps[step](`${step}-${n}`);
    const failed = control.disarm() > 0;
    expect(reply.ms < 5000, () => `${step}, allocation ${n}: ${reply.status} after ${Math.round(reply.ms)} ms`);
    if (reply.ms > 2000) late.push(`${n}: ${reply.status} after ${Math.round(reply.ms)} ms`);
    expect([wanted[step], 500, 503, 0].includes(reply.status), () => `${step}, allocation ${n}: ${reply.status} ${reply.text}`);
    expect(reply.status !== 0 || reply.error !== 'timeout', `${step}, allocation ${n}: no answer`);
    if (reply.status === 0) await new Promise((done) => setTimeout(done, 50));
    await restartIfAborted();
    let again;
    for (const until = now() + 3000; now() < until; ) {
        again = await steps[step](`${step}-${n}`);
        if (again.status === wanted[step]) break;
    }
    expect(again.status === wanted[step], () => `${step} after allocation ${n}: ${again.status} ${again.text ?? again.error}`);
    return failed;
}

for (const [step, title] of [
    ['signUp', 'sign-up'],
    ['signIn', 'sign-in'],
    ['found', 'founding an organisation'],
]) {
    await test(`library allocations fail in turn during ${title}: no crash, and once more succeeds`, async () => {
        control.arm(NEVER);
        await steps[step](`${step}-0`);
        const total = control.get('seen');
        control.disarm();
        const stride = long ? 1 : Math.max(1, total / SAMPLES);
        let failures = 0;
        for (let at = 1 + Math.random() * (stride - 1); at <= total; at += stride)
            failures += await failOnce(step, Math.floor(at));
        expect(failures > 3, `only ${failures} allocations failed: is the library preloaded?`);
        const note = late.length ? `; slow: ${late.splice(0).join(', ')}` : '';
        return `${failures} of ${total} failed${note}`;
    });
}

await test('nothing is half there: one organisation per key, each with its owner', async () => {
    const twice = cluster.sql('allocation', "SELECT name FROM users.org WHERE name LIKE 'N %' GROUP BY name HAVING count(*) > 1");
    expect(twice === '', `founded twice: ${twice}`);
    const orphans = cluster.sql('allocation', 'SELECT o.name FROM users.org o WHERE NOT EXISTS (SELECT FROM users.membership m WHERE m.org_id = o.id)');
    expect(orphans === '', `without an owner: ${orphans}`);
    return `${restarts} restarts`;
});
await test('it leaks nothing, and no sanitizer complained', async () => {
    const code = await server.stop();
    expect(server.complaints() === '', () => server.complaints());
    expect(code === 0, `it ended with ${code}: ${server.tail()}`);
});
await finish();
