// Checkout and webhook around SIGKILL: the real server is killed at each step of both, by the fake
// provider that sees the step or while the commit after it is held up. Then it starts again, the client
// repeats its request, and the provider must never have seen a second key.
//   node deaths.mjs SERVER FIRST_PORT SCHEMAS SECRET      one line per pair of deaths, all at once
// The one thing not real is the waiting: DEATHS_LONG=1 sits leases and heartbeats out, otherwise the
// rows that hold them are moved into the past while no server runs.
import assert from 'node:assert/strict'
import crypto from 'node:crypto'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { openSync, readdirSync, readFileSync } from 'node:fs'
import { Fake } from './fake.mjs'

const [program, firstPort, schemas, secret] = process.argv.slice(2)
const long = !!process.env.DEATHS_LONG
const LEASES_S = 60 // the longest of an operation's lease, an intent's deadline and a job's heartbeat
const CREATE = 'POST /v1/checkout/sessions'
const FETCH = 'GET /v1/subscriptions/'

// `at` and `of`: the step of the provider's request; `until`: a table that is locked at that step, and
// death comes when the server waits for it. Webhook deaths without `at` come while, or when, it is sent.
const pairs = [
  { checkout: { at: 'connected', of: '' }, webhook: { until: 'payments.webhook' } },
  { checkout: { at: 'asked', of: CREATE }, webhook: { until: 'payments.fetch_sequence' } },
  { checkout: { at: 'done', of: CREATE }, webhook: { at: 'asked', of: FETCH } },
  { checkout: { at: 'answered', of: CREATE }, webhook: { at: 'answered', of: FETCH } },
  { checkout: { at: 'done', of: CREATE, until: 'payments.operation' }, webhook: { at: 'done', of: FETCH, until: 'payments.subscription' } },
  { checkout: { at: 'done', of: CREATE, until: 'platform.idempotency' }, webhook: { at: 'done', of: FETCH, until: 'payments.webhook' } },
  { checkout: { at: 'asked', of: CREATE }, webhook: { taken: true } },
]

const sleep = (ms) => new Promise((done) => setTimeout(done, ms))
const nameOf = ({ at, until, taken }) => (taken ? 'once taken' : [at, until && `waiting for ${until}`].filter(Boolean).join(', '))

async function eventually(what, check, patience_s = 60) {
  for (const end = Date.now() + patience_s * 1000; Date.now() < end; await sleep(100)) {
    const seen = await check()
    if (seen) return seen
  }
  throw new Error(`not within ${patience_s} s: ${what}`)
}

const urlOf = (database) => process.env.DATABASE_URL.replace(/^(postgres(?:ql)?:\/\/[^/?]*)(\/[^?]*)?/, `$1/${database}`)
const query = (url, text) => execFileSync('psql', ['-XAtq', '-v', 'ON_ERROR_STOP=1', '-d', url, '-c', text], { encoding: 'utf8' }).trim()
const template = `payments_deaths_${process.pid}`

class World {
  constructor(i) {
    this.database = `${template}_${i}`
    this.url = urlOf(this.database)
    this.port = Number(firstPort) + 2 * i
    this.base = `http://localhost:${this.port}`
    this.fake = new Fake(schemas, secret)
    this.environment = {
      ...process.env, DATABASE_URL: this.url, ASHLAR_LISTEN: `127.0.0.1:${this.port}`,
      ASHLAR_PUBLIC_URL: this.base, ASHLAR_APP_URL: this.base, ASHLAR_STRIPE_URL: `http://127.0.0.1:${this.port + 1}`,
      ASHLAR_DB_CONNECTIONS: '8',
    }
  }

  sql(text) { return query(this.url, text) }

  async start() {
    const log = openSync(`var/test/payments-deaths-${this.database.split('_').at(-1)}.log`, 'a')
    this.child = spawn(program, ['serve'], { env: this.environment, stdio: ['ignore', log, log] })
    this.death = once(this.child, 'exit')
    await eventually('the server is ready', async () => (await fetch(`${this.base}/readyz`).catch(() => null))?.status === 200)
  }

  kill() { this.child.kill('SIGKILL') }

  /* Resolves when no thread of the server runs any more. */
  async stop() {
    this.child.kill('SIGSTOP')
    const tasks = `/proc/${this.child.pid}/task`
    const runs = (task) => !/\) [TtXZ] /.test(readFileSync(`${tasks}/${task}/stat`, 'utf8'))
    await eventually('the server is stopped', () => !readdirSync(tasks).some(runs))
  }

  /* Resolves when the table is locked. The session that holds it kills the server as soon as that waits,
   * by itself: the server does not wait long. `this.unlock` lets go and says how that went; on a machine
   * that is too busy for the session to look in time, the server has given up and answered: 503, or 201
   * when only its copy of the answer was waited for. */
  async lock(table) {
    const holder = spawn('psql', ['-XAtq', '-v', 'ON_ERROR_STOP=1', '-d', this.url], { stdio: ['pipe', 'pipe', 'inherit'] })
    const exit = once(holder, 'exit')
    exit.then(([code]) => code && this.kill())
    holder.stdin.end(`BEGIN; LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE; SELECT 'locked';
DO $$ BEGIN
  FOR i IN 1..1500 LOOP
    PERFORM pg_stat_clear_snapshot();
    IF EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock') THEN RETURN; END IF;
    PERFORM pg_sleep(0.02);
  END LOOP;
  RAISE 'nobody waited for ${table}';
END $$;
\\! kill -9 ${this.child.pid}
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock';
`)
    await Promise.race([once(holder.stdout, 'data'), exit])
    this.unlock = async (answered) => {
      if (answered) return holder.kill()
      assert.equal((await exit)[0], 0, `it waited for ${table}`)
    }
  }

  /* The server dies at that step; nothing of what it had not committed may still arrive. An answer of
   * the provider's that is to be lost on its way finds the server stopped. */
  async dieAt({ at, of, until }, act) {
    let locked
    if (at) this.fake.watch = async (step, what) => {
      if (at === 'answered' && step === 'done' && what.startsWith(of)) return this.stop()
      if (step !== at || !what.startsWith(of)) return
      this.fake.watch = async () => {}
      return until ? (locked = this.lock(until)) : this.kill()
    }
    else if (until) await (locked = this.lock(until))
    const answer = await act().catch(() => null)
    const gaveUp = until && answer && answer.status !== 204
    if ((!at && !until) || gaveUp) this.kill()
    const [, signal] = await this.death
    await locked // the server may have given up before the session had its lock
    await this.unlock?.(gaveUp)
    this.unlock = null
    assert.equal(signal, 'SIGKILL')
    return answer
  }

  /* Time passes while nobody runs. */
  async pass() {
    if (long) return sleep(LEASES_S * 1000)
    const back = `- interval '${LEASES_S} seconds'`
    this.sql(`UPDATE platform.idempotency SET deadline = deadline ${back};
      UPDATE platform.job SET heartbeat_at = heartbeat_at ${back} WHERE state = 'running';
      UPDATE platform.job_schedule SET period_at = period_at ${back} WHERE kind = 'payments.recover';
      UPDATE payments.operation SET busy_until = busy_until ${back}, created_at = created_at ${back}`)
  }

  async call(method, path, body, headers = {}) {
    const reply = await fetch(this.base + path, {
      method, body: body && JSON.stringify(body), signal: AbortSignal.timeout(30_000),
      headers: { ...(body && { 'content-type': 'application/json' }), ...(this.token && { authorization: `Bearer ${this.token}` }), ...headers },
    })
    const text = await reply.text()
    return { status: reply.status, body: text ? JSON.parse(text) : null }
  }

  async signIn() {
    const { body } = await this.call('POST', '/v1/auth/sessions', { email: 'demo@example.com', password: 'open-the-demo-door', transport: 'bearer' })
    this.token = body.token
    this.billing = `/v1/orgs/${(await this.call('GET', '/v1/me/orgs')).body.data[0].id}/billing`
  }

  async checkout(death, patient) {
    const key = crypto.randomUUID()
    const click = () => this.call('POST', `${this.billing}/checkout`, { plan: 'team', currency: 'EUR', period: 'month' }, { 'idempotency-key': key })
    const heard = await this.dieAt(death, click)
    assert.ok(heard === null || (death.until && [201, 503].includes(heard.status)), `the client heard ${heard?.status}`)
    await this.pass()
    await this.start()
    if (patient) await eventually('recovery without the client', () => this.sql('SELECT state FROM payments.operation') === 'done', 90)
    const opened = await eventually('the client is answered', async () => { const r = await click(); return r.status === 201 && r.body })
    const posts = this.fake.requests.filter((r) => r.method === 'POST' && r.path === '/v1/checkout/sessions')
    const sessions = [...this.fake.objects.values()].filter((o) => o.object === 'checkout.session')
    assert.equal(new Set(posts.map((r) => r.headers['idempotency-key'])).size, 1, 'one key')
    assert.equal(new Set(posts.map((r) => r.text)).size, 1, 'one request')
    assert.equal(sessions.length, 1, 'one session')
    assert.equal(opened.url, sessions[0].url)
    assert.equal(this.sql('SELECT count(*), min(state) FROM payments.operation'), '1|done')
    assert.equal(this.sql('SELECT count(*), min(state) FROM payments.checkout'), '1|open')
    return [sessions[0], posts.length]
  }

  async webhook(death, session) {
    const subscription = this.fake.pay(session)
    const [body, headers] = this.fake.event('customer.subscription.created', subscription)
    const send = () => fetch(`${this.base}/v1/payments/webhooks/stripe`, { method: 'POST', headers, body })
    const taken = await this.dieAt(death, send)
    await this.pass()
    await this.start()
    if (taken?.status !== 204) assert.equal((await send()).status, 204, 'Stripe sends again what nobody acknowledged')
    const state = () => this.sql(`SELECT s.status, k.state, w.done_at IS NOT NULL FROM payments.subscription s, payments.checkout k, payments.webhook w`)
    await eventually('subscription, checkout and event are settled', () => state() === 'active|completed|t', 90)
    assert.equal((await this.call('GET', this.billing)).body.plan, 'team')
    assert.equal(this.sql("SELECT count(*) FROM platform.event WHERE name = 'payments.subscription_started'"), '1', 'told once')
    assert.ok(this.fake.requests.every((r) => r.method === 'GET' || r.path === '/v1/checkout/sessions'))
  }
}

async function run(pair, i) {
  const world = new World(i)
  const title = `in checkout (${nameOf(pair.checkout)}) and webhook (${nameOf(pair.webhook)})`
  try {
    query(process.env.DATABASE_URL, `CREATE DATABASE ${world.database} TEMPLATE ${template}`)
    await world.fake.listen(world.port + 1)
    await world.start()
    await world.signIn()
    const [session, posts] = await world.checkout(pair.checkout, i % 2 === 0)
    await world.webhook(pair.webhook, session)
    console.log(`ok    killed ${title}: ${posts} ${posts === 1 ? 'call' : 'calls'}, one key`)
    return true
  } catch (error) {
    console.log(`FAIL  killed ${title}\n${error.stack}`)
    return false
  } finally {
    world.child?.kill('SIGKILL')
    await world.death
    world.fake.close()
  }
}

query(process.env.DATABASE_URL, `CREATE DATABASE ${template}`)
for (const words of [['migrate', 'up'], ['seed'], ['payments', 'sync-catalog', 'deploy/plans.json']])
  execFileSync(program, words, { env: { ...process.env, DATABASE_URL: urlOf(template) }, stdio: 'ignore' })
const good = await Promise.all(pairs.map(run))
process.exit(good.every(Boolean) ? 0 : 1)
