// Segment's own libraries against a server: node main.mjs API_URL. In between stands a proxy that fails as
// networks do: also after the server has taken the message. Ends with a line of totals.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import http from 'node:http';
import { gzipSync } from 'node:zlib';
import { Analytics } from '@segment/analytics-node';
import { chromium } from 'playwright-core';

const api = process.argv[2];
const patience = 15_000;
let passed = 0;
let failed = 0;

async function ask(method, path, { token, body } = {}) {
  const reply = await fetch(api + path, {
    method,
    headers: { 'Content-Type': 'application/json', ...(token && { Authorization: `Bearer ${token}` }) },
    body: body && JSON.stringify(body),
  });
  assert.ok(reply.ok, `${method} ${path}: ${reply.status} ${await reply.clone().text()}`);
  return reply.json();
}

const { token } = await ask('POST', '/v1/auth/sessions',
  { body: { email: 'demo@example.com', password: 'open-the-demo-door', transport: 'bearer' } });
const org = (await ask('GET', '/v1/me/orgs', { token })).data[0].id;
const reports = `/v1/orgs/${org}/analytics`;
const { key } = await ask('POST', `${reports}/write-keys`, { token, body: { name: 'Tests', traits: ['plan'] } });

async function counts() {
  const { data } = await ask('GET', `${reports}/events`, { token });
  return Object.fromEntries(data.map((one) => [one.name, one]));
}

// Until the event was counted so often; then a little longer, whether it is counted once more.
async function counted(name, events) {
  const until = Date.now() + patience;
  while (((await counts())[name]?.events ?? 0) < events && Date.now() < until) await sleep(100);
  await sleep(300);
  assert.equal((await counts())[name]?.events, events, `events named ${name}`);
}
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

// Each of `failures` answers one POST: { status, retryAfter, forward }; what comes after goes through.
const failures = [];
const seen = [];
const proxy = http.createServer(async (request, reply) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const post = request.method === 'POST';
  const failure = post ? failures.shift() : undefined;
  if (post) seen.push({ path: request.url, at: Date.now(), retry: request.headers['x-retry-count'] });
  if (failure && !failure.forward) {
    reply.writeHead(failure.status, { 'Access-Control-Allow-Origin': '*',
      'Access-Control-Expose-Headers': 'Retry-After',
      ...(failure.retryAfter && { 'Retry-After': failure.retryAfter }) }).end('{}');
    return;
  }
  const inner = http.request(api + request.url, { method: request.method, headers: request.headers },
    async (answer) => {
      reply.writeHead(failure?.status ?? answer.statusCode, answer.headers);
      answer.pipe(reply);
    });
  inner.end(Buffer.concat(chunks));
}).listen(0, '127.0.0.1');
await new Promise((ready) => proxy.once('listening', ready));
const proxyHost = `127.0.0.1:${proxy.address().port}`;

async function test(title, run) {
  failures.length = seen.length = 0;
  try {
    await run();
    passed++;
    console.log(`ok    ${title}`);
  } catch (error) {
    failed++;
    console.log(`FAIL  ${title}\n${error.stack}`);
  }
}

// --- A server ---

function node(options = {}) {
  const analytics = new Analytics({ writeKey: key, host: `http://${proxyHost}`, flushInterval: 100, ...options });
  analytics.errors = [];
  analytics.on('error', (error) => analytics.errors.push(error));
  return analytics;
}

await test('analytics-node: every kind of message is stored', async () => {
  const analytics = node();
  analytics.identify({ userId: 'u1', anonymousId: 'a1', traits: { email: 'a@b.c', plan: 'pro' } });
  analytics.track({ userId: 'u1', event: 'Signed Up', properties: { plan: 'pro', value: 9.5 } });
  analytics.track({ anonymousId: 'a1', event: 'Visited' });
  analytics.group({ userId: 'u1', groupId: 'acme', traits: { name: 'Acme' } });
  analytics.page({ userId: 'u1', name: 'Home', properties: { url: 'http://x/?secret=1' } });
  analytics.screen({ anonymousId: 'a2', name: 'Start' });
  analytics.alias({ userId: 'u1', previousId: 'former' });
  await analytics.closeAndFlush({ timeout: patience });
  assert.deepEqual(analytics.errors, []);
  for (const name of ['Signed Up', 'Visited', '$identify', '$group', '$page', '$screen', '$alias'])
    await counted(name, 1);
  const { data } = await ask('GET', `${reports}/funnel?steps=Signed%20Up`, { token });
  assert.equal(data[0].visitors, 1);
});

await test('analytics-node: 503 after the server took the batch, and again before: counted once', async () => {
  failures.push({ status: 503, forward: true }, { status: 503 });
  const analytics = node();
  for (let i = 0; i < 20; i++) analytics.track({ userId: `u${i}`, event: 'Retried' });
  await analytics.closeAndFlush({ timeout: patience });
  await counted('Retried', 20);
  assert.ok(seen.some((one) => one.retry), 'the library said that it tries again');
});

await test('analytics-node: 429 is waited for as long as Retry-After says', async () => {
  failures.push({ status: 429, retryAfter: '2' });
  const analytics = node();
  analytics.track({ userId: 'u', event: 'Waited' });
  await analytics.closeAndFlush({ timeout: patience });
  await counted('Waited', 1);
  assert.ok(seen[1].at - seen[0].at >= 1500, `it waited ${seen[1].at - seen[0].at} ms`);
});

await test('analytics-node: an unknown key is given up at once', async () => {
  const analytics = node({ writeKey: 'wk_unknown' });
  analytics.track({ userId: 'u', event: 'Lost' });
  await analytics.closeAndFlush({ timeout: patience });
  assert.equal(seen.length, 1);
  assert.equal(analytics.errors.length, 1);
  assert.equal((await counts()).Lost, undefined);
});

await test('analytics-node: half an emoji in one message loses none of the others', async () => {
  const analytics = node();
  for (let i = 0; i < 7; i++) analytics.track({ userId: `u${i}`, event: 'Whole' });
  analytics.track({ userId: 'u', event: 'Cut', properties: { title: 'Great news 😀😀'.slice(0, 12) } });
  await analytics.closeAndFlush({ timeout: patience });
  assert.deepEqual(analytics.errors, []);
  await counted('Whole', 7);
});

// --- Libraries of other languages: the requests their sources make, byte for byte ---

// Without a length the body goes in chunks.
function post(path, { headers = {}, body, chunked }) {
  return new Promise((done, fail) => {
    const request = http.request(api + path, { method: 'POST',
      headers: { ...headers, ...(!chunked && { 'Content-Length': body.length }) } }, async (reply) => {
      let text = '';
      for await (const chunk of reply) text += chunk;
      done({ status: reply.statusCode, ...JSON.parse(text) });
    }).on('error', fail);
    for (let at = 0; chunked && at < body.length; at += 100) request.write(body.subarray(at, at + 100));
    request.end(chunked ? undefined : body);
  });
}

const basic = `Basic ${Buffer.from(`${key}:`).toString('base64')}`;
const now = () => new Date().toISOString();
const one = (event, more = {}) => ({ type: 'track', event, userId: 'u', messageId: crypto.randomUUID(), ...more });
const libraries = [
  ['analytics-kotlin', '/v1/b', { 'Content-Type': 'text/plain', 'Content-Encoding': 'gzip' }, 'inside', true],
  ['Analytics-CSharp', '/v1/b', { 'Content-Encoding': 'gzip', Accept: 'text/plain', Connection: 'close' }, 'inside'],
  ['analytics-java', '/v1/import/', { 'Content-Type': 'application/json; charset=UTF-8', Authorization: basic }],
  ['analytics-python', '/v1/batch', { 'Content-Type': 'application/json', 'Content-Encoding': 'gzip',
    Authorization: basic }, 'inside'],
  ['analytics-php', '/v1/batch', { 'Content-Type': 'application/json', 'Content-Encoding': 'gzip', Authorization: basic }],
  ['analytics-ruby', '/v1/import', { 'Content-Type': 'application/json', Accept: 'application/json',
    Authorization: basic }],
  ['Analytics.NET', '/v1/import', { 'Content-Type': 'application/json', 'Content-Encoding': 'gzip',
    Authorization: basic }, 'inside'],
  ['analytics-swift', '/v1/b', { 'Content-Type': 'application/json; charset=utf-8', 'Accept-Encoding': 'gzip' }, 'inside'],
  ['analytics_flutter', '/v1/b', { 'Content-Type': 'application/json; charset=utf-8' }, 'inside'],
  ['analytics-react-native', '/v1/b', { 'Content-Type': 'text/plain' }, 'inside'],
  ['analytics-go', '/v1/batch', { 'Content-Type': 'application/json', Authorization: basic }],
];
for (const [name, path, headers, where, chunked] of libraries) {
  await test(`${name}: its request is taken`, async () => {
    const json = JSON.stringify({ batch: [one(`From ${name}`, { timestamp: now() })], sentAt: now(),
      ...(where && { writeKey: key }) });
    const body = headers['Content-Encoding'] ? gzipSync(json) : Buffer.from(json);
    const reply = await post(path, { headers, body, chunked });
    assert.deepEqual([reply.status, reply.stored, reply.rejected, reply.unread_times], [200, 1, 0, 0]);
  });
}

// --- A browser: a page of another origin than the API ---

const umd = new URL('./node_modules/@segment/analytics-next/dist/umd/', import.meta.url);
const site = http.createServer(async (request, reply) => {
  const name = request.url.slice(1).split('?')[0];
  try {
    const script = name && await readFile(new URL(name, umd));
    reply.writeHead(200, { 'Content-Type': name ? 'text/javascript' : 'text/html' });
    reply.end(script || '<!doctype html><title>Shop</title><script src="/index.js"></script>');
  } catch {
    reply.writeHead(404).end();
  }
}).listen(0, '127.0.0.1');
await new Promise((ready) => site.once('listening', ready));
const siteUrl = `http://127.0.0.1:${site.address().port}/?token=secret`;

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM,
  args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync'],
});

// Run `script` in a fresh page with the library loaded as `an`.
async function inPage(segment, script, headers = {}) {
  const context = await browser.newContext({ extraHTTPHeaders: headers });
  const page = await context.newPage();
  await page.goto(siteUrl);
  await page.evaluate(([cdnURL, writeKey, options]) => {
    window.an = window.AnalyticsNext.AnalyticsBrowser.load({ writeKey, cdnURL },
      { integrations: { 'Segment.io': options } });
  }, [api, key, segment]);
  await page.evaluate(script);
  return { page, close: () => context.close() };
}

await test('analytics-next: settings and every kind of message, from another origin', async () => {
  const before = await counts();
  const { close } = await inPage({}, async () => {
    await window.an.track('Looked');
    await window.an.identify('w1', { email: 'a@b.c', plan: 'pro' });
    await window.an.page('Home');
    await window.an.track('Clicked', { a: 1 });
    await window.an.group('acme', { name: 'Acme' });
    await window.an.alias('w2');
  });
  await counted('Looked', 1);
  await counted('Clicked', 1);
  for (const name of ['$identify', '$page', '$group', '$alias']) await counted(name, before[name].events + 1);
  // Before and after it said who it is: one visitor.
  const { data } = await ask('GET', `${reports}/funnel?steps=Looked,Clicked`, { token });
  assert.deepEqual(data.map((step) => step.visitors), [1, 1]);
  await close();
});

await test('analytics-next: batches', async () => {
  const { close } = await inPage({ deliveryStrategy: { strategy: 'batching', config: { size: 5, timeout: 500 } } },
    async () => {
      for (let i = 0; i < 12; i++) window.an.track('In Batches', { i });
    });
  await counted('In Batches', 12);
  await close();
});

await test('analytics-next: 503 after the server took it, then 429: counted once', async () => {
  failures.push({ status: 503, forward: true }, { status: 429, retryAfter: '1' });
  const { close } = await inPage({ apiHost: `${proxyHost}/v1`, protocol: 'http' },
    () => { window.an.track('Tried Again'); });
  const until = Date.now() + 2 * patience;
  while (seen.length < 3 && Date.now() < until) await sleep(100);
  assert.ok(seen.length >= 3, `the library tried ${seen.length} times`);
  await counted('Tried Again', 1);
  await close();
});

await test('a browser that does not want to be tracked is not', async () => {
  const { close } = await inPage({}, async () => { await window.an.track('Secretly'); }, { DNT: '1' });
  await sleep(500);
  assert.equal((await counts()).Secretly, undefined);
  await close();
});

await browser.close();
proxy.close();
site.close();
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
