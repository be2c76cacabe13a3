// A server that may be killed, a mail server that says what it was asked, and the tally. Knows no
// case. Ends only processes it started, by their id.
import { spawn, spawnSync, execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';

const { SMTPServer } = createRequire(import.meta.url)('smtp-server');
const setting = (name) => process.env[`DELIVERY_${name}`];
const logFile = 'var/test/delivery-serve.log';

export const cuts = Number(setting('CUTS'));
export const kills = Number(setting('KILLS'));
export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
export const port = Number(setting('PORT'));
export const base = `http://localhost:${port}`;

/* --- The tally --- */

let passed = 0;
let failed = 0;

export async function test(title, body) {
  const began = Date.now();
  try {
    const note = await body();
    passed++;
    console.log(`ok    ${String(Date.now() - began).padStart(6)} ms  ${title}${note ? ` (${note})` : ''}`);
  } catch (error) {
    failed++;
    console.log(`FAIL  ${String(Date.now() - began).padStart(6)} ms  ${title}\n${error.stack ?? error}`);
  }
}

export function expect(condition, otherwise) {
  if (!condition) throw new Error(typeof otherwise === 'function' ? otherwise() : otherwise);
}

export async function until(what, ready, patience = 60_000) {
  for (const end = Date.now() + patience; Date.now() < end; await sleep(100)) {
    const found = await ready();
    if (found) return found;
  }
  throw new Error(`waited ${patience / 1000} s in vain: ${what}`);
}

export async function finish() {
  await server.stop();
  smtp.close();
  rmSync(certificates, { recursive: true, force: true });
  console.log(`${passed} passed, ${failed} failed`);
  process.exit(failed ? 1 : 0);
}

/* --- The mail server --- */

const certificates = mkdtempSync('/tmp/ashlar-delivery-');
execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2',
  '-keyout', `${certificates}/key`, '-out', `${certificates}/cert`, '-subj', '/CN=localhost',
  '-addext', 'subjectAltName=DNS:localhost'], { stdio: 'ignore' });

// Messages whose last byte came, in order: a server may deliver those whatever happens next.
export const taken = [];
// Called at each step of a conversation, "connect" to "answered", the last three with the recipient;
// what it returns is waited for, but for "asked": the 354 is on its way then.
export const watch = { step: async () => {} };

const refusal = (code, text) => Object.assign(new Error(text), { responseCode: code });
const step = (name, callback, to) => Promise.resolve(watch.step(name, to)).then(() => callback(), callback);

const smtp = new SMTPServer({
  key: readFileSync(`${certificates}/key`),
  cert: readFileSync(`${certificates}/cert`),
  authMethods: ['PLAIN', 'LOGIN'],
  onAuth: ({ username, password }, session, callback) =>
    username === 'app' && password === 'secret'
      ? step('signed in', () => callback(null, { user: 'app' })) : callback(refusal(535, '5.7.8 bad credentials')),
  onConnect: (session, callback) => step('connect', callback),
  onSecure: (socket, session, callback) => step('secured', callback),
  onMailFrom: (address, session, callback) => step('sender', callback),
  onRcptTo: ({ address }, session, callback) =>
    address.startsWith('gone')
      ? callback(refusal(550, '5.1.1 no such user')) : step('recipient', callback),
  onData: (stream, session, callback) => {
    const chunks = [];
    watch.step('asked', session.envelope.rcptTo[0].address);
    stream.on('data', (chunk) => chunks.push(chunk));
    stream.on('end', () => {
      const raw = Buffer.concat(chunks).toString();
      taken.push({
        raw,
        secure: session.secure,
        user: session.user,
        to: session.envelope.rcptTo[0].address,
        id: /^Message-ID: <(.*)>/m.exec(raw)?.[1],
        subject: /^Subject: (.*)/m.exec(raw)?.[1],
      });
      const { to } = taken.at(-1);
      step('taken', () => { callback(null, 'queued'); step('answered', () => {}, to); }, to);
    });
  },
});
smtp.on('error', () => {}); // a client that disappears is what is tested
await new Promise((done) => smtp.listen(Number(setting('SMTP_PORT')), '127.0.0.1', done));

/* Quoted-printable undone, soft breaks too. */
export const textOf = (mail) => mail.raw.replace(/=\r\n/g, '').replace(/=([0-9A-F]{2})/g,
  (_, hex) => String.fromCharCode(parseInt(hex, 16)));

/* --- The server --- */

const settings = {
  PATH: process.env.PATH,
  ASHLAR_ENV: 'development',
  ASHLAR_LISTEN: `127.0.0.1:${port}`,
  ASHLAR_PUBLIC_URL: base,
  ASHLAR_APP_URL: base,
  ASHLAR_RATE_LIMITS: 'false',
  ASHLAR_PASSWORD_MEMORY_MIB: '19',
  ASHLAR_RUNTIME: setting('RUNTIME'),
  ASHLAR_MAIL: 'smtp',
  ASHLAR_MAIL_FROM: 'Acme <hello@acme.example>',
  ASHLAR_SMTP_URL: `smtp://localhost:${setting('SMTP_PORT')}`,
  ASHLAR_SMTP_USER: 'app',
  ASHLAR_SMTP_PASSWORD: 'secret',
  ASHLAR_SMTP_CA_FILE: `${certificates}/cert`,
  DATABASE_URL: process.env.DATABASE_URL,
};

export const server = {
  child: null,
  migrate() {
    const run = spawnSync(setting('SERVER'), ['migrate', 'up'], { env: settings, encoding: 'utf8' });
    expect(run.status === 0, () => `migrating failed: ${run.stdout}${run.stderr}`);
  },
  async start(more = {}) {
    const out = openSync(logFile, 'a');
    this.child = spawn(setting('SERVER'), ['serve'], { env: { ...settings, ...more }, stdio: ['ignore', out, out] });
    this.gone = new Promise((done) => this.child.once('exit', done));
    await until('the server is ready', async () =>
      (await fetch(`${base}/readyz`).catch(() => null))?.status === 200, 15_000);
  },
  async kill() {
    this.child.kill('SIGKILL');
    await this.gone;
    this.child = null;
  },
  async stop() {
    if (!this.child) return;
    this.child.kill('SIGTERM');
    await this.gone;
    this.child = null;
  },
};

export function sql(text) {
  return execFileSync('psql', ['-XAtq', '-F', '|', '-d', process.env.DATABASE_URL, '-c', text],
    { encoding: 'utf8' }).trimEnd();
}

/* --- People --- */

export async function call(token, method, path, body) {
  const reply = await fetch(base + path, {
    method,
    headers: { ...(token && { Authorization: `Bearer ${token}` }), ...(body && { 'Content-Type': 'application/json' }) },
    body: body && JSON.stringify(body),
  });
  const text = await reply.text();
  expect(reply.ok, () => `${method} ${path} answered ${reply.status} ${text}`);
  return text ? JSON.parse(text) : null;
}

export const mailTo = (address, subject) =>
  until(`a mail to ${address}`, () => taken.find((mail) => mail.to === address && mail.subject.includes(subject)));

const password = 'an envelope without a stamp';

export async function person(email) {
  const { signup_secret } = await call(null, 'POST', '/v1/auth/signup', { email, password, name: email.split('@')[0], transport: 'bearer' });
  const mail = await mailTo(email, 'Confirm');
  const token = /token=([A-Za-z0-9_-]+)/.exec(textOf(mail))[1];
  const session = await call(null, 'POST', '/v1/auth/email-verifications/confirm', { token, signup_secret, transport: 'bearer' });
  const { id } = session.person;
  return { id, email, token: session.token };
}
