// The story over HTTP, with what Acme itself would run: a page with Segment's library in Chromium, a
// server that verifies webhooks with the reference library, an authenticator app. One line per chapter.
//   node main.mjs BASE      MAKE_STAFF: the command that makes the address behind it staff; CHROMIUM
import assert from 'node:assert/strict'
import crypto from 'node:crypto'
import http from 'node:http'
import { execFileSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'

// The libraries are those of the clients suite: one lock file each, not two.
const of = (folder) => createRequire(new URL(`../clients/${folder}package.json`, import.meta.url))
const { authenticator } = of('')('otplib')
const { chromium } = of('segment/')('playwright-core')
const { Webhook } = of('webhooks/')('standardwebhooks')
const segment = new URL('../clients/segment/node_modules/@segment/analytics-next/dist/umd/', import.meta.url)

const base = process.argv[2]
const run = Date.now()
const password = 'a long story about Acme'
const listening = (server) => new Promise((up) => server.listen(0, '127.0.0.1', () => up(`http://127.0.0.1:${server.address().port}`)))

async function until(what, check) {
  for (let i = 0; i < 200; i++) {
    const seen = await check()
    if (seen) return seen
    await new Promise((done) => setTimeout(done, 100))
  }
  assert.fail(`never: ${what}`)
}

class Person {
  constructor(name) {
    this.name = name
    this.email = `${name.toLowerCase()}-${run}@story.example`
  }

  async ask(method, path, body, headers = {}) {
    const reply = await fetch(base + path, {
      method, body: body && JSON.stringify(body),
      headers: { ...(body && { 'content-type': 'application/json' }), ...(this.token && { authorization: `Bearer ${this.token}` }), ...headers },
    })
    const text = await reply.text()
    return { status: reply.status, body: text && reply.headers.get('content-type').includes('json') ? JSON.parse(text) : text }
  }

  async must(status, ...request) {
    const reply = await this.ask(...request)
    assert.equal(reply.status, status, `${request[0]} ${request[1]}: ${JSON.stringify(reply.body)}`)
    return reply.body
  }

  // The token of the newest mail whose text matches.
  mailed(what) {
    return until(`a mail to ${this.name}: ${what}`, async () => {
      const { body } = await this.ask('GET', `/dev/mail?format=json&to=${encodeURIComponent(this.email)}`)
      const mail = body.data.find((one) => what.test(one.subject) || what.test(one.text))
      return /[?#&]token=([A-Za-z0-9_-]+)/.exec(mail?.text ?? '')?.[1]
    })
  }

  signIn() {
    return this.must(201, 'POST', '/v1/auth/sessions', { email: this.email, password, transport: 'bearer' })
  }

  async signUp() {
    const { signup_secret } = await this.must(202, 'POST', '/v1/auth/signup', { email: this.email, password, name: this.name, transport: 'bearer' })
    const token = await this.mailed(/verify|confirm|address/i)
    this.token = (await this.must(200, 'POST', '/v1/auth/email-verifications/confirm', { token, signup_secret, transport: 'bearer' })).token
  }

  async hasNotification(kind) {
    await until(`${this.name} is told: ${kind}`, async () =>
      (await this.must(200, 'GET', '/v1/me/inbox')).data.some((one) => one.kind === kind))
  }
}

// --- Acme's own server and page ---

const deliveries = []
let secret
const hooks = http.createServer((request, reply) => {
  let text = ''
  request.on('data', (part) => { text += part }).on('end', () => {
    deliveries.push(new Webhook(secret).verify(text, request.headers)) // throws when it is not signed
    reply.writeHead(204).end()
  })
})
const page = http.createServer(async (request, reply) => {
  const name = new URL(request.url, 'http://x').pathname.slice(1)
  const script = name && await readFile(new URL(name, segment)).catch(() => null)
  if (name && !script) return reply.writeHead(404).end()
  reply.writeHead(200, { 'content-type': name ? 'text/javascript' : 'text/html' })
  reply.end(script || '<!doctype html><title>Acme</title><script src="/index.js"></script>')
})

const [ann, bob, sue] = ['Ann', 'Bob', 'Sue'].map((name) => new Person(name))
await bob.signUp() // Bob and Sue have been here before: what follows is Ann's story
await sue.signUp()
await new Promise((done) => setTimeout(done, 50))
const since = new Date().toISOString()

await ann.signUp()
const org = (await ann.must(201, 'POST', '/v1/orgs', { name: `Acme ${run}` })).id
await ann.must(201, 'POST', `/v1/orgs/${org}/invitations`, { email: bob.email, role: 'member' })
console.log('ok    Ann founds Acme and invites Bob')

const endpoint = await ann.must(201, 'POST', `/v1/orgs/${org}/webhook-endpoints`, { url: `${await listening(hooks)}/hooks`, events: [] })
secret = endpoint.secret
const { key } = await ann.must(201, 'POST', `/v1/orgs/${org}/analytics/write-keys`, { name: 'Page', traits: ['plan'] })
console.log('ok    Acme has its own server told, and a key for its page')

const token = await bob.mailed(/invit/i)
const accept = () => bob.ask('POST', '/v1/invitations/accept', { token })
assert.equal((await accept()).body.code, 'entitlement-exceeded')
const checkout = await ann.must(201, 'POST', `/v1/orgs/${org}/billing/checkout`, { plan: 'team', currency: 'EUR', period: 'month' }, { 'idempotency-key': crypto.randomUUID() })

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'] })
try {
  const tab = await browser.newPage()
  await tab.goto(checkout.url)
  await tab.getByRole('button', { name: 'Pay', exact: true }).click()
  await tab.getByRole('heading', { name: 'Paid' }).waitFor()
  await until('the plan', async () => (await ann.must(200, 'GET', `/v1/orgs/${org}/billing`)).subscription?.status === 'active')
  assert.equal((await accept()).status, 200)
  console.log('ok    the second seat needs a plan; Ann pays with a click, and Bob is in')

  await ann.hasNotification('users.member_added')
  await bob.hasNotification('users.joined')
  console.log('ok    both are told')

  await tab.goto(await listening(page))
  await tab.evaluate(async ([cdnURL, writeKey]) => {
    const analytics = window.AnalyticsNext.AnalyticsBrowser.load({ writeKey, cdnURL })
    await analytics.track('Saw')
    await analytics.identify('u1', { plan: 'pro', email: 'kept@out.example' })
    await analytics.track('Bought')
  }, [base, key])
} finally {
  await browser.close()
}
await until("the page's funnel", async () => {
  const { data } = await ann.must(200, 'GET', `/v1/orgs/${org}/analytics/funnel?steps=Saw,Bought`)
  return data.every((step) => step.visitors === 1)
})
console.log("ok    Acme's page sends events with Segment's library, and its funnel shows them")

const types = ['payments.subscription_updated', 'users.member_added']
await until('both deliveries', () => types.every((type) => deliveries.some((one) => one.type === type)))
const feed = (await ann.must(200, 'GET', `/v1/orgs/${org}/events?limit=200`)).data.map((one) => one.type)
assert.deepEqual(feed.filter((type) => types.includes(type)).filter((type, i, all) => all.indexOf(type) === i), types)
assert.ok(deliveries.find((one) => one.type === types[0]).data.plan === 'team')
console.log("ok    Acme's server gets both events, signed; the feed has them in order")

// --- Sue of the staff ---

execFileSync('bash', ['-c', `${process.env.MAKE_STAFF} "$0"`, sue.email], { stdio: 'pipe' })
const app = await sue.must(201, 'POST', '/v1/auth/totp')
const code = (ago) => authenticator.clone({ epoch: Date.now() - ago * 30000 }).generate(app.secret)
await sue.must(200, 'POST', '/v1/auth/totp/confirm', { code: code(1) })
sue.token = undefined
const { challenge } = await sue.signIn()
sue.token = (await sue.must(201, 'POST', '/v1/auth/sessions/second-factor', { challenge: challenge.token, code: code(0), transport: 'bearer' })).token
const steps = ['signed up', 'verified', 'created organisation', 'paid']
await until('one of one', async () => {
  const { data } = await sue.must(200, 'GET', `/v1/admin/funnel?steps=${encodeURIComponent(steps)}&from=${since}`)
  return JSON.stringify(data.map((one) => one.visitors)) === '[1,1,1,1]'
})
console.log('ok    signed up, verified, created organisation, paid: one of one')

const seen = await sue.must(200, 'GET', `/v1/admin/orgs/${org}`)
assert.equal(seen.modules.payments.plan, 'team')
assert.deepEqual(seen.modules.payments.refunds_and_disputes, [])
assert.equal(seen.modules.users.members.length, 2)
assert.ok(types.every((type) => seen.modules.integrations.deliveries.some((one) => one.event_type === type && one.state === 'delivered')))
assert.ok(seen.audit.some((one) => one.action === 'users.member_added'))
console.log("ok    she sees Acme's plan, members, trail and deliveries")

const subscription = await ann.must(200, 'POST', `/v1/orgs/${org}/billing/cancel`)
assert.equal(subscription.subscription.cancel_at_period_end, true)
await ann.must(204, 'DELETE', `/v1/orgs/${org}`)
await until('its end at the provider', async () => {
  const { body } = await ann.ask('GET', '/dev/payments')
  return !/<td>active<\/td>/.test(body)
})
console.log('ok    Ann cancels, and when Acme is deleted it ends at the provider, too')
hooks.close()
page.close()
