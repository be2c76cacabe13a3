// Requests that two parsers could read differently, straight at the server and through nginx. Each is
// refused and its connection closed; what is let in is listed with the reason, and is one request.
import net from 'node:net';
import { Cluster, serverOn, test, expect, finish, now, sleep, signIn, call, runtime } from './rig.mjs';
import { startNginx } from './nginx.mjs';
import { variants } from './variants.mjs';

const cluster = new Cluster();
const server = await serverOn(cluster, 'framing');
server.start();
await server.ready();
const nginx = await startNginx([server.port]);
const SMUGGLED = '/v1/smuggled'; // answered 404 by anybody who sees it as a request

/* Everything the other side says until it closes or has been quiet for a moment. */
function exchange(port, raw) {
    return new Promise((done) => {
        const pieces = [];
        let closed = false;
        const socket = net.connect(port, '127.0.0.1', () => socket.write(raw));
        const finish = () => {
            clearTimeout(timer);
            socket.destroy();
            done({ text: Buffer.concat(pieces).toString('latin1'), closed });
        };
        let timer = setTimeout(finish, 1200);
        socket.on('data', (piece) => {
            pieces.push(piece);
            clearTimeout(timer);
            timer = setTimeout(finish, 400);
        });
        socket.on('end', () => ((closed = true), finish()));
        socket.on('error', () => ((closed = true), finish()));
    });
}

const answers = (text) => [...text.matchAll(/^HTTP\/1\.[01] (\d{3})/gm)].map((found) => Number(found[1]));

/* NULL, or what is wrong. An answer 4xx or 5xx is a refusal; so is closing without one. */
function judge(variant, where, { text, closed }) {
    const codes = answers(text).filter((code) => code !== 100);
    if (codes.length > (variant.answers ?? 1)) return `${codes.length} answers: ${codes}`;
    if (text.includes(SMUGGLED)) return 'the smuggled request was seen';
    if (variant.fine?.[where]) return null;
    if (codes.some((code) => code < 400)) return `let in: ${codes}`;
    if (codes.length === 0 && !closed) return 'neither answered nor closed';
    if (codes.length === 1 && !closed) return `answered ${codes[0]}, but kept open`;
    return null;
}

async function all(where, port) {
    const wrong = [];
    const fine = [];
    const before = await seen();
    for (let at = 0; at < variants.length; at += 16) {
        await Promise.all(
            variants.slice(at, at + 16).map(async (variant) => {
                const got = await exchange(port, variant.raw);
                const why = judge(variant, where, got);
                if (why) wrong.push(`${variant.name}: ${why}`);
                if (variant.fine?.[where]) fine.push(`${variant.name}: ${variant.fine[where]}`);
            }),
        );
    }
    expect((await seen()) === before, 'an organisation was founded');
    expect(wrong.length === 0, () => `${wrong.length} of ${variants.length}\n  ${wrong.join('\n  ')}`);
    if (runtime === 'threads') for (const line of fine) console.log(`      let in as one request, ${where}: ${line}`);
    return `${variants.length} variants, ${fine.length} let in and listed`;
}

const seen = async () => cluster.sql('framing', 'SELECT count(*) FROM users.org');

await test(`hostile framings straight at the server: refused and closed, or one request`, () => all('direct', server.port));
await test(`hostile framings through nginx: refused, or one request`, () => all('nginx', nginx.port));
await test('what two requests on one connection look like is seen as two', async () => {
    const two = 'GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(2);
    for (const port of [server.port, nginx.port])
        expect(answers((await exchange(port, two)).text).length === 2, 'the judge counts wrong');
});
await test('no sanitizer and no library complained', async () => {
    expect(server.complaints() === '', () => server.complaints());
});
await finish();
