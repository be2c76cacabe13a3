// The table of hostile requests, and the list of those that somebody lets in, with the reason. Knows
// no server.
const H = 'Host: localhost\r\n';
// Follows what has a doubtful end: an answer 200 shows that it was seen.
const NEXT = 'GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n';
const J = 'Content-Type: application/json\r\n';

export const variants = [];

function add(name, raw, more = {}) {
    variants.push({ name, raw: Buffer.from(raw, 'latin1'), isFraming: raw.includes(NEXT), ...more });
}

const post = (headers, rest) => `POST /v1/orgs HTTP/1.1\r\n${H}${J}${headers}\r\n${rest}`;
const get = (target, headers = H) => `GET ${target} HTTP/1.1\r\n${headers}\r\n`;

/* --- Lengths --- */

const lengths = [
    '+4', '-4', '-0', '0x4', '4.0', '4e0', '4;', '4,4', '4, 4', '4,5', '4 4', '"4"', '', 'four', '4\t4',
    '99999999999999999999', '18446744073709551616', '18446744073709551615', '9223372036854775808', '0x', '４', '4\x0b', '4\x00',
    '1e1', '٤', '4_0', '--4', '4-', '\x004',
];
for (const value of lengths) add(`Content-Length: ${JSON.stringify(value)}`, post(`Content-Length: ${value}\r\n`, `{}  ${NEXT}`));
for (const name of ['Content-Length ', 'Content-Length\t', ' Content-Length', '\tContent-Length', 'Content Length', 'Content-Length\x00', 'Content-Length\x0b', 'Content-Length\r', 'Content\x00-Length'])
    add(`the name ${JSON.stringify(name)}`, post(`${name}: 4\r\n`, `{}  ${NEXT}`));
for (const [first, second] of [['4', '0'], ['0', '4'], ['4', '4'], ['4', '5'], ['4', ''], ['4', 'x']])
    add(`Content-Length twice: ${first} and ${second}`, post(`Content-Length: ${first}\r\nContent-Length: ${second}\r\n`, `{}  ${NEXT}`));
add('Content-Length in two spellings', post('Content-Length: 4\r\ncontent-length: 0\r\n', `{}  ${NEXT}`));
add('Content-Length folded', post('Content-Length:\r\n 4\r\n', `{}  ${NEXT}`));
add('Content-Length continued', post('Content-Length: 1\r\n 0\r\n', `{}  ${NEXT}`));

/* --- Transfer-Encoding --- */

const chunks = `4\r\n{}  \r\n0\r\n\r\n${NEXT}`;
const codings = [
    'gzip', 'identity', 'xchunked', 'chunkedx', 'chunked, identity', 'identity, chunked', 'gzip, chunked', 'chunked, chunked',
    'chunked, gzip', 'chunked;q=1', 'chunked;foo=bar', '"chunked"', "'chunked'", 'chunked,', ',chunked', 'CHUNKED', 'chun ked', 'chunk\x00ed',
    'chunked\x0b', '\x0bchunked', '\x00chunked', 'x', '', 'deflate', 'trailers', 'chunked\x00',
];
for (const coding of codings) add(`Transfer-Encoding: ${JSON.stringify(coding)}`, post(`Transfer-Encoding: ${coding}\r\n`, chunks));
for (const coding of ['chunked', 'identity', 'xchunked', 'chunked, identity', 'CHUNKED', '\x0bchunked', 'chunk']) {
    add(`a length and Transfer-Encoding: ${JSON.stringify(coding)}`, post(`Content-Length: 4\r\nTransfer-Encoding: ${coding}\r\n`, chunks));
    add(`Transfer-Encoding: ${JSON.stringify(coding)} and a length`, post(`Transfer-Encoding: ${coding}\r\nContent-Length: 4\r\n`, chunks));
}
for (const name of ['Transfer-Encoding ', 'Transfer-Encoding\t', ' Transfer-Encoding', 'Transfer-Encoding\x00', 'Transfer-Encoding\x0b', 'Transfer\x00-Encoding'])
    add(`the name ${JSON.stringify(name)}`, post(`${name}: chunked\r\nContent-Length: 4\r\n`, chunks));
add('Transfer-Encoding twice', post('Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n', chunks));
add('Transfer-Encoding twice, the other way', post('Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n', chunks));
add('Transfer-Encoding folded', post('Transfer-Encoding:\r\n chunked\r\n', chunks));
add('Transfer-Encoding with a length in HTTP/1.0', `POST /v1/orgs HTTP/1.0\r\n${H}Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n${chunks}`);
for (const [name, body] of [
    ['negative', '-1\r\n'], ['hex prefix', '0x4\r\n{}  \r\n0\r\n\r\n'], ['too long', 'fffffffffffffffff\r\n'], ['with an extension', '4;a=b\r\n{}  \r\n0\r\n\r\n'],
    ['with a line feed only', '4\n{}  \n0\n\n'], ['with a space', '4 \r\n{}  \r\n0\r\n\r\n'], ['without an end', '4\r\n{}  '], ['empty', '\r\n'],
    ['with a trailer', '0\r\nContent-Length: 50\r\n\r\n'], ['wrongly closed', '4\r\n{}  XX0\r\n\r\n'],
])
    add(`a chunk size ${name}`, post('Transfer-Encoding: chunked\r\n', body + NEXT));

/* --- Host --- */

add('no Host', 'GET /livez HTTP/1.1\r\n\r\n');
add('Host twice', get('/livez', 'Host: localhost\r\nHost: example.org\r\n'));
add('Host twice, the same', get('/livez', `${H}${H}`));
for (const host of ['', ' ', 'a b', 'a@b', 'a/b', 'a,b', 'a\x00b', 'a\x01', 'a\\b', '<a>', 'http://a', 'a?b', 'a#b', 'localhost, b'])
    add(`Host: ${JSON.stringify(host)}`, get('/livez', `Host: ${host}\r\n`));
add('Host with a space before the colon', get('/livez', 'Host : localhost\r\n'));

/* --- The request line --- */

for (const version of ['HTTP/1.9', 'HTTP/1.2', 'HTTP/2.0', 'HTTP/3', 'HTTP/0.9', 'HTTP/1', 'HTTP/1.1x', 'HTTQ/1.1', 'http/1.1', 'HTTP/1.10', 'HTTP/01.1', 'HTTP /1.1', 'HTTP/+1.1'])
    add(`the version ${version}`, `GET /livez ${version}\r\n${H}\r\n`);
for (const method of ['TRACE', 'CONNECT', 'get', 'GeT', 'PRI', 'G\xc3\xa9T', 'GET\x00', 'G ET', 'A'.repeat(300), 'PROPFIND', '(GET)', 'GET,'])
    add(`the method ${JSON.stringify(method.slice(0, 20))}`, `${method} /livez HTTP/1.1\r\n${H}\r\n`);
for (const target of [
    'livez', '*', 'http://localhost/livez', 'https://x/livez', '//livez', '/./livez', '/../livez', '/%2e/livez', '/%2e%2e/livez', '/a/../livez',
    '/a/%2e%2e/livez', '/a/.%2e/livez', '/livez%00', '/livez%00.json', '/%2flivez', '/a%2f..%2flivez', '/a%5clivez', '/a\\livez', '/livez%', '/livez%2', '/livez%zz',
    '/livez\x00', '/livez\x01', '/livez\x7f', '/livez\xff', '/livez#x', '/li vez', '/livez\t', '/v1//orgs', '/v1/orgs/', '/%0d%0aX:%20y', '/%c0%ae%c0%ae/livez', `/${'a'.repeat(9000)}`,
])
    add(`the target ${JSON.stringify(target.slice(0, 40))}`, get(target));

/* --- Lines and bytes --- */

add('a NUL in a value', get('/livez', `${H}X-A: a\x00b\r\n`));
add('a control byte in a value', get('/livez', `${H}X-A: a\x01b\r\n`));
add('DEL in a value', get('/livez', `${H}X-A: a\x7fb\r\n`));
add('a carriage return alone in a value', get('/livez', `${H}X-A: a\rX-B: b\r\n`));
add('a space in a name', get('/livez', `${H}X A: a\r\n`));
add('brackets in a name', get('/livez', `${H}X(): a\r\n`));
add('a line without a colon', get('/livez', `${H}X-A\r\n`));
add('a line that begins with a colon', get('/livez', `${H}: a\r\n`));
add('a folded line', get('/livez', `${H}X-A: a\r\n b\r\n`));
add('a first line that is folded', `GET /livez HTTP/1.1\r\n X: y\r\n${H}\r\n`);
add('line feeds only', `GET /livez HTTP/1.1\n${H.replace('\r', '')}\n`);
add('a line feed only after a header', get('/livez', 'Host: localhost\nX: y\r\n'));
add('carriage returns only', `GET /livez HTTP/1.1\r${H.replace('\n', '')}\r`, { isUnfinished: true });
add('65 headers', get('/livez', H + Array.from({ length: 65 }, (_, i) => `X-${i}: y\r\n`).join('')));
add('a header of 20 KiB', get('/livez', `${H}X-A: ${'a'.repeat(20480)}\r\n`));
add('Authorization twice', get('/livez', `${H}Authorization: Bearer a\r\nAuthorization: Bearer b\r\n`));
add('Content-Type twice', post('Content-Type: text/plain\r\nContent-Length: 2\r\n', '{}'));
add('Idempotency-Key twice', post('Idempotency-Key: a\r\nIdempotency-Key: b\r\nContent-Length: 2\r\n', '{}'));
add('a GET with a body and a request in it', get('/livez', `${H}Content-Length: ${NEXT.length}\r\n`) + NEXT);
add('an upgrade to h2c', get('/livez', `${H}Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n`));
add('the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
add('a TLS hello', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', { isUnfinished: true });
add('nothing but line ends', '\r\n'.repeat(200), { isUnfinished: true });
add('nothing but NUL', '\x00'.repeat(200), { isUnfinished: true });

/* --- Let in --- */

/* Where, which, why, and how many answers it gets at most. An entry that nothing needs is a failure. */
export const letIn = [
    ['nginx', /^line feeds only$|^a line feed only after a header$/, 'they may end lines (RFC 9112 section 2.2), and nginx writes the request anew'],
    ['nginx', /^the version HTTP\/1\.(2|9|10)$/, 'nginx answers as HTTP/1.1 and speaks 1.1 to the server'],
    ['nginx', /^the target "https?:/, 'servers must accept it (RFC 9112 section 3.2.2); the server is sent the path'],
    ['nginx', /^brackets in a name$|^a line without a colon$/, 'nginx drops the line: the server never sees it'],
    ['nginx', /^Transfer-Encoding: "CHUNKED"$|^a chunk size with (an extension|a space|a line feed only|a trailer)$/,
        'nginx reads the chunks to their end and sends a length; what follows is a request of its own', 2],
    ...['direct', 'nginx'].flatMap((where) => [
        [where, /^a GET with a body and a request in it$/, 'a GET may have a body, and it is read as one'],
        [where, /^an upgrade to h2c$/, 'an upgrade may be ignored (RFC 9110 section 7.8)'],
    ]),
];
