// Between the server and PostgreSQL: counts the client's messages and, at the n-th, cuts the link
// before or after it is passed on, or makes that statement fail. Knows no case.
import net from 'node:net';
import { finally_, sleep } from './rig.mjs';

const ACTS_MS = 10; // for PostgreSQL to act on a message whose answer will not arrive
const EXECUTE = 'E'.charCodeAt(0);

/* Executes a portal nobody opened: PostgreSQL itself fails the statement (34000), aborts the
 * transaction and skips to the next sync, as with any error. */
function failingExecute() {
    const portal = Buffer.from('nobody opened it\0');
    const message = Buffer.alloc(1 + 4 + portal.length + 4);
    message[0] = EXECUTE;
    message.writeUInt32BE(message.length - 1, 1);
    portal.copy(message, 5);
    return message;
}

/* Whole messages at the front of `held`; a start-up message has no type byte. */
function takeMessage(link) {
    const skip = link.started ? 1 : 0;
    if (link.held.length < skip + 4) return null;
    const size = skip + link.held.readUInt32BE(skip);
    if (link.held.length < size) return null;
    const message = link.held.subarray(0, size);
    link.held = link.held.subarray(size);
    link.started = true;
    return message;
}

export class Wire {
    constructor(cluster) {
        this.seen = 0;
        this.at = 0; // 0: only count
        this.fault = null; // 'before' | 'after' | 'fails'
        this.struck = false;
        this.target = `${cluster.folder}/.s.PGSQL.${cluster.port}`;
        this.links = new Set();
    }
    async listen() {
        this.server = net.createServer((client) => this.serve(client));
        await new Promise((done) => this.server.listen(0, '127.0.0.1', done));
        this.port = this.server.address().port;
        finally_(() => {
            this.server.close();
            for (const link of this.links) link.close();
        });
        return this;
    }
    arm(fault, at) {
        Object.assign(this, { fault, at, seen: 0, struck: false });
    }
    disarm() {
        this.at = 0;
        return this.struck;
    }
    serve(client) {
        const server = net.connect(this.target);
        const link = { held: Buffer.alloc(0), started: false, cut: false };
        link.close = () => {
            link.cut = true;
            client.destroy();
            server.destroy();
            this.links.delete(link);
        };
        this.links.add(link);
        for (const end of [client, server]) {
            end.setNoDelay?.(true);
            end.on('error', link.close);
            end.on('close', link.close);
        }
        server.on('data', (bytes) => client.write(bytes));
        client.on('data', (bytes) => {
            link.held = Buffer.concat([link.held, bytes]);
            for (let m; !link.cut && (m = takeMessage(link)); ) this.pass(link, server, m);
        });
    }
    /* Only statements can fail; every message can be the last. */
    pass(link, server, message) {
        const counts = this.fault !== 'fails' || message[0] === EXECUTE;
        const strikes = counts && ++this.seen === this.at;
        if (!strikes) return void server.write(message);
        this.struck = true;
        if (this.fault === 'fails') return void server.write(failingExecute());
        link.cut = true;
        if (this.fault === 'before') return link.close();
        server.write(message, () => sleep(ACTS_MS).then(link.close));
    }
}
