// Clients that found organisations under load, each with a key of its own that they repeat until it
// is answered 201, and the comparison of what was acknowledged with what the database holds.
import http from 'node:http';
import { randomUUID } from 'node:crypto';
import { call, sleep, expect } from './rig.mjs';

/* Is "org_…" (TypeID) this UUID? */
function idIs(id, uuid) {
    let n = 0n;
    for (const c of id.slice(id.indexOf('_') + 1)) n = n * 32n + BigInt('0123456789abcdefghjkmnpqrstvwxyz'.indexOf(c));
    return n.toString(16).padStart(32, '0') === uuid?.replaceAll('-', '');
}

export class Writers {
    constructor(port, token, n = 4) {
        this.port = port;
        this.token = token;
        this.name = randomUUID().slice(0, 8); // whose rows they are
        this.acknowledged = new Map(); // key → id
        this.begun = 0;
        this.outside = []; // answers that are no part of the contract
        this.replies = []; // { at, status, ms } since clear()
        this.lastGood = 0;
        this.running = true;
        this.agent = new http.Agent({ keepAlive: true, maxSockets: n });
        this.work = Array.from({ length: n }, () => this.write());
    }
    async write() {
        while (this.running) {
            const key = randomUUID();
            this.begun++;
            await this.repeat(key);
        }
    }
    /* Until it is acknowledged, also after stop(): else nobody knows what became of it. */
    async repeat(key) {
        for (;;) {
            const { port, token, agent } = this;
            const reply = await call(port, 'POST', '/v1/orgs', { token, agent, key, body: { name: `${this.name} ${key}` } });
            this.replies.push({ at: performance.now(), status: reply.status, ms: reply.ms });
            if (reply.status === 201) {
                this.acknowledged.set(key, reply.json.id);
                this.lastGood = performance.now();
                return;
            }
            if (![503, 409, 0].includes(reply.status))
                this.outside.push(`${reply.status} ${(reply.text ?? '').slice(0, 300)}`);
            await sleep(20);
        }
    }
    clear() {
        this.replies = [];
    }
    async untilGoodAfter(at, ms) {
        const until = at + ms;
        while (performance.now() < until) {
            if (this.lastGood > at) return this.lastGood - at;
            await sleep(5);
        }
        return Infinity;
    }
    async stop() {
        this.running = false;
        await Promise.all(this.work);
        this.agent.destroy();
    }
    /* Every acknowledged key is there once, under the id that was acknowledged; no key twice. */
    check(cluster, database) {
        const rows = cluster.sql(database, `SELECT id, substr(name, 10) FROM users.org WHERE name LIKE '${this.name} %'`);
        const stored = new Map();
        for (const line of rows.split('\n').filter(Boolean)) {
            const [id, key] = line.split('|');
            expect(!stored.has(key), `key ${key} was applied twice`);
            stored.set(key, id);
        }
        for (const [key, id] of this.acknowledged)
            expect(idIs(id, stored.get(key)), `acknowledged ${key} (${id}) is lost: ${stored.get(key)}`);
        expect(stored.size === this.acknowledged.size, `${stored.size} stored, ${this.acknowledged.size} acknowledged`);
        expect(this.outside.length === 0, () => `answers outside the contract: ${this.outside.slice(0, 3).join(' | ')}`);
        return `${stored.size} acknowledged writes`;
    }
}
