// What every case needs: a PostgreSQL and servers of its own that may be killed, a client with
// deadlines, and the tally. Knows no case. Ends only processes it started, by their id.
import { spawn, spawnSync, execFileSync } from 'node:child_process';
import { openSync, mkdtempSync, rmSync, existsSync, readFileSync, mkdirSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import path from 'node:path';

export const root = path.resolve(import.meta.dirname, '../..');
export const build = path.resolve(root, process.env.FAULTS_BUILD ?? 'var/build/asan');
export const long = !!process.env.FAULTS_LONG;
export const runtime = process.env.FAULTS_RUNTIME ?? 'threads';
export const logs = path.join(root, 'var/test');
const firstPort = Number(process.env.FAULTS_FIRST_PORT ?? 22200);

mkdirSync(logs, { recursive: true });

export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
export const now = () => performance.now();

/* --- The tally --- */

let passed = 0;
let failed = 0;

export async function test(title, body) {
    const began = now();
    try {
        const note = await body();
        passed++;
        console.log(`ok    ${runtime}: ${title}${note ? ` (${note})` : ''} ${Math.round(now() - began)} ms`);
    } catch (error) {
        failed++;
        console.log(`FAIL  ${runtime}: ${title}\n${error.stack ?? error}`);
    }
}

export function expect(condition, otherwise) {
    if (!condition) throw new Error(typeof otherwise === 'function' ? otherwise() : otherwise);
}

export function percentile(values, share) {
    const sorted = [...values].sort((a, b) => a - b);
    return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

/* --- What must not outlive us --- */

const undo = [];
export function finally_(step) {
    undo.push(step);
}

export async function finish() {
    for (const step of undo.reverse()) {
        try {
            await step();
        } catch (error) {
            console.log(`while cleaning up: ${error.message}`);
        }
    }
    console.log(`${passed} passed, ${failed} failed`);
    process.exit(failed ? 1 : 0);
}

for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => finish());
process.on('uncaughtException', (error) => {
    failed++;
    console.log(`FAIL  ${error.stack}`);
    finish();
});

/* --- PostgreSQL --- */

export class Cluster {
    constructor() {
        this.folder = mkdtempSync('/tmp/ashlar-faults-');
        this.port = 54322;
        this.frozen = [];
        this.verb('start');
        finally_(() => {
            this.thaw();
            this.verb('destroy', true);
            rmSync(this.folder, { recursive: true, force: true });
        });
    }
    verb(verb, mayFail = false) {
        const run = spawnSync('tests/db/cluster.sh', [verb, this.folder, String(this.port)], {
            cwd: root,
            stdio: ['ignore', 'ignore', 'pipe'],
        });
        if (run.status !== 0 && !mayFail) throw new Error(`cluster.sh ${verb}: ${run.stderr}`);
        return run.status === 0;
    }
    url(database) {
        return `postgresql:///${database}?host=${this.folder}&port=${this.port}&user=postgres`;
    }
    pid() {
        return Number(readFileSync(`${this.folder}/data/postmaster.pid`, 'utf8').split('\n')[0]);
    }
    kill() {
        process.kill(this.pid(), 'SIGKILL');
    }
    /* The orphaned backends hold the shared memory for a moment, then it may start again. Resolves
     * when it accepts connections. */
    async revive() {
        for (let i = 0; i < 100; i++) {
            const code = await ended(
                spawn('tests/db/cluster.sh', ['start', this.folder, String(this.port)], { cwd: root, stdio: 'ignore' }),
            );
            if (code === 0) return;
            await sleep(100);
        }
        throw new Error('PostgreSQL does not start again');
    }
    /* Every process of the cluster: then nobody answers and nobody hangs up. */
    freeze() {
        const postmaster = this.pid();
        process.kill(postmaster, 'SIGSTOP');
        const all = execFileSync('ps', ['-eo', 'pid=,ppid='], { encoding: 'utf8' });
        this.frozen = [postmaster];
        for (const line of all.trim().split('\n')) {
            const [pid, parent] = line.trim().split(/\s+/).map(Number);
            if (parent === postmaster) this.frozen.push(pid);
        }
        this.signal('SIGSTOP');
    }
    thaw() {
        this.signal('SIGCONT');
        this.frozen = [];
    }
    signal(name) {
        for (const pid of this.frozen) {
            try {
                process.kill(pid, name);
            } catch {
                // it has ended meanwhile
            }
        }
    }
    sql(database, text) {
        return execFileSync('psql', ['-XAtq', '-F', '|', '-d', this.url(database), '-c', text], {
            encoding: 'utf8',
            maxBuffer: 1 << 28,
        }).trimEnd();
    }
}

export function ended(child) {
    return new Promise((done) => {
        if (child.exitCode !== null || child.signalCode !== null) done(child.exitCode ?? child.signalCode);
        else child.once('exit', (code, signal) => done(code ?? signal));
    });
}

/* --- Servers --- */

function isFree(port) {
    return new Promise((done) => {
        const probe = net.connect(port, '127.0.0.1');
        probe.once('connect', () => (probe.destroy(), done(false)));
        probe.once('error', () => done(true));
    });
}

let nextPort = firstPort;
export async function freePort() {
    for (let tries = 0; tries < 20; tries++) {
        const port = nextPort++;
        if (nextPort >= firstPort + 20) nextPort = firstPort;
        if (await isFree(port)) return port;
    }
    throw new Error(`no free port from ${firstPort}`);
}

export class Server {
    constructor(name, settings) {
        this.name = name;
        this.log = path.join(logs, `faults-${name}.log`);
        this.settings = settings;
        rmSync(this.log, { force: true });
    }
    static async on(cluster, database, more = {}) {
        const port = more.port ?? (await freePort());
        const server = new Server(`${runtime}-${database}${more.suffix ?? ''}`, {
            ASHLAR_ENV: 'development',
            ASHLAR_LISTEN: `127.0.0.1:${port}`,
            ASHLAR_PUBLIC_URL: `http://localhost:${port}`,
            ASHLAR_APP_URL: `http://localhost:${port}`,
            ASHLAR_RATE_LIMITS: 'false',
            ASHLAR_PASSWORD_MEMORY_MIB: '19',
            ASHLAR_DB_CONNECTIONS: '12',
            ASHLAR_RUNTIME: runtime,
            DATABASE_URL: cluster.url(database),
            ...more.settings,
        });
        server.port = port;
        return server;
    }
    environment(more = {}) {
        return { PATH: process.env.PATH, HOME: process.env.HOME ?? '/', ...this.settings, ...more };
    }
    verb(...words) {
        const run = spawnSync(`${build}/ashlar`, words, { env: this.environment(), encoding: 'utf8' });
        if (run.status !== 0) throw new Error(`ashlar ${words.join(' ')}: ${run.stdout}${run.stderr}`);
        return run.stdout;
    }
    /* `wrap`: a command that ends by executing its arguments, e.g. to lower limits. */
    start({ wrap = [], more = {}, stdio, detached = false, binary = `${build}/ashlar` } = {}) {
        const out = openSync(this.log, 'a');
        const words = [...wrap, binary, 'serve'];
        this.child = spawn(words[0], words.slice(1), {
            env: this.environment(more),
            stdio: stdio ?? ['ignore', out, out],
            detached,
        });
        const child = this.child;
        this.exit = ended(child);
        finally_(async () => {
            if (child.exitCode === null && child.signalCode === null) {
                child.kill('SIGTERM');
                await Promise.race([ended(child), sleep(15000).then(() => child.kill('SIGKILL'))]);
            }
        });
        return this;
    }
    isUp() {
        return this.child && this.child.exitCode === null && this.child.signalCode === null;
    }
    async ready(ms = 20000, probe = '/readyz') {
        for (const until = now() + ms; now() < until; await sleep(20)) {
            if (!this.isUp()) throw new Error(`the server ended: ${this.tail()}`);
            const reply = await call(this.port, 'GET', probe, { timeout: 1000 });
            if (reply.status === 200) return this;
        }
        throw new Error(`the server is not ready: ${this.tail()}`);
    }
    async stop(signal = 'SIGTERM') {
        this.child.kill(signal);
        return this.exit;
    }
    tail() {
        return existsSync(this.log) ? readFileSync(this.log, 'utf8').split('\n').slice(-20).join('\n') : '';
    }
    /* Lines a sanitizer or the arena wrote; "" when there are none. */
    complaints() {
        const text = existsSync(this.log) ? readFileSync(this.log, 'utf8') : '';
        return text
            .split('\n')
            .filter((line) => /Sanitizer|runtime error|library_panic|Assertion/.test(line))
            .join('\n');
    }
    /* Milliseconds each logged request took, from the reading of its head to its answer. */
    tookAll() {
        const lines = readFileSync(this.log, 'utf8').matchAll(/ http\.request .*\bus=(\d+)/g);
        return Array.from(lines, (line) => Number(line[1]) / 1000);
    }
    /* Seconds of processor it used so far. */
    cpu() {
        const fields = readFileSync(`/proc/${this.child.pid}/stat`, 'utf8').split(') ')[1].split(' ');
        return (Number(fields[11]) + Number(fields[12])) / 100;
    }
}

/* A new database, migrated, with the demo person; a server on it, not yet started. */
export async function serverOn(cluster, database, more = {}) {
    cluster.sql('postgres', `CREATE DATABASE ${database}`);
    const server = await Server.on(cluster, database, more);
    server.verb('migrate', 'up');
    server.verb('seed');
    return server;
}

/* --- The client --- */

/* Never rejects: status 0 and `error` when no whole reply came. */
export function call(port, method, target, { token, key, body, agent, timeout = 12000, headers = {} } = {}) {
    return new Promise((done) => {
        const began = now();
        const data = body === undefined ? undefined : JSON.stringify(body);
        const head = { Host: 'localhost', ...headers };
        if (token) head.Authorization = `Bearer ${token}`;
        if (key) head['Idempotency-Key'] = key;
        if (data !== undefined) {
            head['Content-Type'] = 'application/json';
            head['Content-Length'] = Buffer.byteLength(data);
        }
        let settled = false;
        const settle = (result) => {
            if (settled) return;
            settled = true;
            clearTimeout(timer);
            done({ ms: now() - began, ...result });
        };
        const request = http.request(
            { host: '127.0.0.1', port, method, path: target, headers: head, agent: agent ?? false },
            (reply) => {
                const pieces = [];
                reply.on('data', (piece) => pieces.push(piece));
                reply.on('error', (error) => settle({ status: 0, error: error.code ?? error.message }));
                reply.on('aborted', () => settle({ status: 0, error: 'aborted' }));
                reply.on('end', () => {
                    const text = Buffer.concat(pieces).toString();
                    let json;
                    try {
                        json = JSON.parse(text);
                    } catch {
                        // not every reply is JSON
                    }
                    settle({ status: reply.statusCode, headers: reply.headers, text, json });
                });
            },
        );
        const timer = setTimeout(() => {
            settle({ status: 0, error: 'timeout' });
            request.destroy();
        }, timeout);
        request.on('error', (error) => settle({ status: 0, error: error.code ?? error.message }));
        request.end(data);
    });
}

export async function signIn(port) {
    const reply = await call(port, 'POST', '/v1/auth/sessions', {
        body: { email: 'demo@example.com', password: 'open-the-demo-door', transport: 'bearer' },
    });
    expect(reply.status === 201 && reply.json?.token, () => `signing in answered ${reply.status} ${reply.text ?? reply.error}`);
    return reply.json.token;
}
