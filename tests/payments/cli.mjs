// Stripe's own command line against our webhook route: `stripe trigger` makes a subscription at the fake
// provider, `stripe listen` forwards its event here. Offline by --api-base.
//   node cli.mjs BASE FAKE_PORT SCHEMAS SECRET STRIPE
import assert from 'node:assert/strict'
import { execFile, execFileSync, spawn } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { Fake } from './fake.mjs'

const [base, port, schemas, secret, stripe] = process.argv.slice(2)
const fake = new Fake(schemas, secret)
const home = fs.mkdtempSync(path.join(os.tmpdir(), 'ashlar-stripe-'))
const env = { PATH: process.env.PATH, HOME: home }
const common = ['--api-base', `http://127.0.0.1:${port}`, '--api-key', 'sk_test_of_nobody_1234567890']
const sql = (text) => execFileSync('psql', ['-XAtq', '-d', process.env.DATABASE_URL, '-c', text], { encoding: 'utf8' }).trim()
let said = ''

async function until(what, check) {
  for (let i = 0; i < 200; i++) {
    const seen = check()
    if (seen) return seen
    await new Promise((done) => setTimeout(done, 100))
  }
  assert.fail(`not within 20 s: ${what}\n${said}`)
}

await fake.listen(port)
const listening = spawn(stripe, ['listen', ...common, '--events', 'customer.subscription.created', '--skip-update',
  '--forward-to', `${base}/v1/payments/webhooks/stripe`], { env, stdio: ['ignore', 'pipe', 'pipe'] })
listening.stdout.on('data', (chunk) => { said += chunk })
listening.stderr.on('data', (chunk) => { said += chunk })
try {
  await until('stripe listen is connected', () => said.includes('Ready') && fake.sockets?.clients.size === 1)
  const { stdout } = await promisify(execFile)(stripe, ['trigger', 'customer.subscription.created', ...common], { env })
  assert.match(stdout, /Trigger succeeded/)
  await until('the command line reports our 204', () => said.includes('[204]'))
  const [subscription] = [...fake.objects.values()].filter((o) => o.object === 'subscription')
  assert.equal(sql(`SELECT type FROM payments.webhook WHERE subject = '${subscription.id}'`), 'customer.subscription.created')
  await until('the event is looked up', () => fake.requests.some((r) => r.path === `/v1/subscriptions/${subscription.id}`))
  console.log("ok    Stripe's own listen and trigger: signed, taken, looked up")
} catch (error) {
  console.log(`FAIL  Stripe's own listen and trigger\n${error.stack}`)
  process.exitCode = 1
} finally {
  listening.kill()
  fake.close()
  fs.rmSync(home, { recursive: true, force: true })
}
