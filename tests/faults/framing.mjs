// Requests that two parsers could read differently, straight at the server and through nginx. Each is
// refused, and its connection closed where its end is in doubt; what is let in is listed (letIn).
import net from 'node:net';
import { Cluster, serverOn, test, expect, finish, runtime } from './rig.mjs';
import { startNginx } from './nginx.mjs';
import { variants, letIn } from './variants.mjs';

const cluster = new Cluster();
const server = await serverOn(cluster, 'framing');
server.start();
await server.ready();
const nginx = await startNginx([server.port]);

/* Everything the other side says until it closes or has been quiet for a moment; what is unfinished
 * is cut when its head is late. */
function exchange(port, { raw, isUnfinished }) {
    return new Promise((done) => {
        const pieces = [];
        let closed = false;
        let timer;
        const socket = net.connect(port, '127.0.0.1', () => socket.write(raw));
        const finish = () => {
            clearTimeout(timer);
            socket.destroy();
            done({ text: Buffer.concat(pieces).toString('latin1'), closed });
        };
        const wait = (ms) => {
            clearTimeout(timer);
            timer = setTimeout(finish, ms);
        };
        wait(isUnfinished ? 12000 : 3000);
        socket.on('data', (piece) => {
            pieces.push(piece);
            wait(400);
        });
        socket.on('end', () => ((closed = true), finish()));
        socket.on('error', () => ((closed = true), finish()));
    });
}

/* libmicrohttpd answers a Content-Length it cannot read with its head twice, and closes. */
const doubled = /^(HTTP\/1\.[01] 4\d\d [\s\S]*?\r\n\r\n)\1/;
const answers = (text) =>
    [...text.replace(doubled, '$1').matchAll(/HTTP\/1\.[01] (\d{3}) /g)].map((found) => Number(found[1])).filter((code) => code !== 100);

/* What is wrong with it, or undefined. Closing without an answer refuses too. */
function judge(variant, { text, closed }) {
    const codes = answers(text);
    if (codes.some((code) => code < 400)) return `let in: ${codes}`;
    if (codes.length > 1) return `two requests were seen: ${codes}`;
    if (codes.length === 0 && !closed) return 'neither answered nor closed';
    if (variant.isFraming && !closed) return `answered ${codes[0]}, but kept open`;
    return undefined;
}

async function all(where, port) {
    const wrong = [];
    const listed = letIn.filter(([place]) => place === where).map(([, names, why, most]) => ({ names, why, most: most ?? 1, used: [] }));
    const before = orgs();
    const one = async (variant) => {
        const got = await exchange(port, variant);
        const why = judge(variant, got);
        const entry = listed.find(({ names }) => names.test(variant.name));
        if (why && entry && answers(got.text).length <= entry.most) entry.used.push(variant.name);
        else if (why) wrong.push(`${variant.name}: ${why}`);
    };
    await Promise.all(variants.filter((variant) => variant.isUnfinished).map(one));
    const finished = variants.filter((variant) => !variant.isUnfinished);
    for (let at = 0; at < finished.length; at += 16) await Promise.all(finished.slice(at, at + 16).map(one));
    for (const { names, used } of listed) if (used.length === 0) wrong.push(`nothing needs the entry ${names}`);
    expect(wrong.length === 0, () => `${wrong.length} of ${variants.length}\n  ${wrong.join('\n  ')}`);
    expect(orgs() === before, 'an organisation was founded');
    if (runtime === 'threads') for (const { why, used } of listed) console.log(`      ${where}: ${used.length} let in, ${why}: ${used.join('; ')}`);
    return `${variants.length} variants, ${listed.reduce((n, { used }) => n + used.length, 0)} let in and listed`;
}

const orgs = () => cluster.sql('framing', 'SELECT count(*) FROM users.org');

await test('hostile requests straight at the server are refused, and of doubtful framing closed', () => all('direct', server.port));
await test('hostile requests through nginx are refused, and of doubtful framing closed', () => all('nginx', nginx.port));
await test('what two requests on one connection look like is seen as two', async () => {
    const two = 'GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(2);
    for (const port of [server.port, nginx.port])
        expect(answers((await exchange(port, { raw: two })).text).length === 2, 'the judge counts wrong');
});
await test('no sanitizer and no library complained', async () => {
    expect(server.complaints() === '', () => server.complaints());
});
await finish();
