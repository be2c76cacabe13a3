// Our Stripe adapter against Stripe's own request rules and Stripe's own signatures.
//   node main.mjs BASE FAKE_PORT SCHEMAS SECRET API_VERSION
import assert from 'node:assert/strict'
import crypto from 'node:crypto'
import { Fake } from './fake.mjs'

const [base, port, schemas, secret, version] = process.argv.slice(2)
const fake = new Fake(schemas, secret)
let token = ''

async function call(method, path, body, headers = {}) {
  const reply = await fetch(base + path, {
    method,
    headers: { ...(body && { 'content-type': 'application/json' }), ...(token && { authorization: `Bearer ${token}` }), ...headers },
    body: body && JSON.stringify(body),
  })
  const text = await reply.text()
  return { status: reply.status, headers: reply.headers, body: text ? JSON.parse(text) : null }
}

async function signIn() {
  const reply = await call('POST', '/v1/auth/sessions', { email: 'demo@example.com', password: 'open-the-demo-door' })
  assert.equal(reply.status, 201)
  token = reply.headers.get('set-cookie').match(/ashlar_session=([^;]+)/)[1]
  return (await call('GET', '/v1/me/orgs')).body.data[0].id
}

async function until(what, check) {
  for (let i = 0; i < 80; i++) {
    const seen = await check()
    if (seen) return seen
    await new Promise((done) => setTimeout(done, 250))
  }
  assert.fail(`not within 20 s: ${what}`)
}

const post = async ([payload, headers], body = payload) =>
  (await fetch(`${base}/v1/payments/webhooks/stripe`, { method: 'POST', headers, body })).status
const posts = (path) => fake.requests.filter((r) => r.method === 'POST' && r.path === path)

await fake.listen(port)
const org = await signIn()
const billing = `/v1/orgs/${org}/billing`
const click = () => call('POST', `${billing}/checkout`, { plan: 'team', currency: 'KWD', period: 'month' }, { 'idempotency-key': crypto.randomUUID() })

// Failures on the way: 503, a conflict, an answer that is lost after the work was done.
fake.faults.push({ match: /POST \/v1\/checkout/, status: 503 }, { match: /POST \/v1\/checkout/, after: true })
const opened = await click()
assert.equal(opened.status, 201, JSON.stringify(opened.body))
const tries = posts('/v1/checkout/sessions')
assert.equal(tries.length, 3)
assert.equal(new Set(tries.map((r) => r.headers['idempotency-key'])).size, 1, 'one key over all tries')
assert.equal(new Set(tries.map((r) => r.text)).size, 1, 'one request over all tries')
assert.equal(tries[0].headers['stripe-version'], version)
const sessions = [...fake.objects.values()]
assert.equal(sessions.length, 1, 'one session')
const [session] = sessions
assert.equal(session.sent.line_items[0].price_data.unit_amount, 9500)
assert.equal(session.sent.metadata.ashlar_org, org)
assert.equal((await click()).body.url, session.url)
assert.equal(posts('/v1/checkout/sessions').length, 3, 'a second click makes nothing')
console.log('ok    a checkout through failures: three tries, one key, one session')

// What Stripe refuses for good is not tried again, and Stripe's own word goes first.
fake.faults.push({ match: /GET \/v1\/checkout/, status: 500, headers: { 'stripe-should-retry': 'false' } })
const looks = () => fake.requests.filter((r) => r.method === 'GET' && /checkout/.test(r.path)).length
const looked = looks()
assert.equal((await call('POST', `${billing}/sync`)).status, 503)
assert.equal(looks(), looked + 1)
console.log('ok    stripe-should-retry: false is obeyed')

// A declined card leaves a reason, from whichever event comes first, and once.
const declined = fake.decline(session, 'insufficient_funds')
assert.equal(await post(fake.event('charge.failed', declined.charge)), 204)
const { decline } = await until('the reason', async () => { const { body } = await call('GET', billing); return body.checkout.decline && body.checkout })
assert.deepEqual([decline.reason, decline.code, decline.count], ['funds', 'insufficient_funds', 1])
assert.match(decline.advice, /another card/)
assert.equal(await post(fake.event('payment_intent.payment_failed', declined.intent)), 204)
const stolen = fake.decline(session, 'stolen_card')
assert.equal(await post(fake.event('payment_intent.payment_failed', stolen.intent)), 204)
const second = await until('the second', async () => { const { body } = await call('GET', billing); return body.checkout.decline.code === 'generic_decline' && body.checkout.decline })
assert.deepEqual([second.reason, second.count], ['bank', 2])
fake.objects.forEach((o) => o.object === 'invoice_payment' && fake.objects.delete(o.id))
const byMail = fake.decline(session, 'expired_card')
fake.objects.forEach((o) => o.object === 'invoice_payment' && fake.objects.delete(o.id))
assert.equal(await post(fake.event('charge.failed', byMail.charge)), 204)
await until('one known by its address only', async () => (await call('GET', billing)).body.checkout.decline.reason === 'expired')
console.log('ok    declined cards leave a reason, once each')

// Paid, and told by events signed by Stripe's own library.
const subscription = fake.pay(session)
const event = fake.event('customer.subscription.created', subscription)
assert.equal(await post(event, event[0] + ' '), 400, 'altered')
assert.equal(await post(fake.event('customer.subscription.created', subscription, { secret: 'whsec_of_somebody_else' })), 400)
assert.equal(await post(fake.event('customer.subscription.created', subscription, { timestamp: 1 })), 400, 'old')
assert.equal(await post(fake.event('customer.subscription.created', subscription, { livemode: true })), 400, 'live')
assert.equal((await call('GET', billing)).body.subscription, null)
assert.equal(await post(event), 204)
assert.equal(await post(event), 204, 'twice')
const paid = await until('the plan', async () => { const { body } = await call('GET', billing); return body.plan === 'team' && body })
assert.equal(paid.subscription.status, 'active')
assert.equal(paid.checkout.state, 'completed')
console.log("ok    events by Stripe's library are taken, altered ones are not")

// Statuses as they come.
for (const [status, access] of [['past_due', 'full'], ['unpaid', 'limited'], ['active', 'full']]) {
  subscription.status = status
  assert.equal(await post(fake.event('customer.subscription.updated', subscription)), 204)
  await until(status, async () => { const { body } = await call('GET', billing); return body.subscription.status === status && body.access === access })
}
console.log('ok    statuses become access')

assert.equal((await call('POST', `${billing}/cancel`)).body.subscription.cancel_at_period_end, true)
assert.equal((await call('POST', `${billing}/resume`)).body.subscription.cancel_at_period_end, false)
assert.equal((await call('POST', `${billing}/portal`)).body.url, 'https://billing.stripe.test/p')
assert.ok(fake.requests.filter((r) => r.method === 'POST').every((r) => r.headers['idempotency-key']), 'a key on every POST')
console.log('ok    cancel, resume, portal')

// An end that the portal scheduled, by date, is taken back in its own form.
const updates = () => posts(`/v1/subscriptions/${subscription.id}`).map((r) => r.text)
const [item] = subscription.items.data
subscription.cancel_at = item.current_period_end
assert.equal(await post(fake.event('customer.subscription.updated', subscription)), 204)
await until('it ends', async () => (await call('GET', billing)).body.subscription.ends_at)
const resumed = await call('POST', `${billing}/resume`)
assert.deepEqual([resumed.status, resumed.body.subscription.ends_at], [200, null])
assert.equal(updates().at(-1), 'cancel_at=')
subscription.cancel_at = item.current_period_end // and nobody tells us
const unseen = await call('POST', `${billing}/resume`)
assert.deepEqual([unseen.status, unseen.body.subscription.ends_at], [200, null])
assert.deepEqual(updates().slice(-2), ['cancel_at_period_end=false', 'cancel_at='])
console.log('ok    an end by date is taken back')

// A switch to a price that no plan has changes nothing, and is seen; among further pages of items, too.
item.price = { ...item.price, id: 'price_of_no_plan', unit_amount: 1 }
const { body: odd } = await call('POST', `${billing}/sync`)
assert.deepEqual([odd.plan, odd.subscription.price_unknown], ['team', true])
subscription.items.has_more = true
subscription.allItems = [item, { ...item, id: 'si_2', price: { ...item.price, id: 'price_inline' } }]
const { body: even } = await call('POST', `${billing}/sync`)
assert.deepEqual([even.plan, even.subscription.price_unknown], ['team', false])
subscription.items = { data: [subscription.allItems[1]] }
console.log('ok    a price that no plan has is said')

// What another product sells on the same account: looked at, and left alone.
const foreign = fake.pay({ sent: { subscription_data: { metadata: {} } } })
foreign.customer = 'cus_of_another_product'
assert.equal(await post(fake.event('customer.subscription.created', foreign)), 204)
await until('it is looked at', async () => fake.requests.some((r) => r.path.endsWith(foreign.id)))
assert.equal((await call('POST', `${billing}/sync`)).body.subscription.status, 'active')
console.log('ok    what another product sells is passed over')

// Old invoices' shapes lead to the subscription, too.
Object.assign(subscription, { status: 'canceled', ended_at: Math.floor(Date.now() / 1000) - 1 })
assert.equal(await post(fake.event('invoice.payment_failed', { id: 'in_1', object: 'invoice', parent: { subscription_details: { subscription: subscription.id } } })), 204)
await until('the end', async () => (await call('GET', billing)).body.plan === 'free')
console.log('ok    an invoice leads to its subscription, and that to its end')

// Refunds and disputes, fetched with the charge whose customer we know. Stripe counts ISK in hundredths.
const due_by = Math.floor(Date.now() / 1000) + 86400
const dispute = fake.reverse('dispute', { amount: 9500, currency: 'kwd', status: 'needs_response', reason: 'fraudulent', evidence_details: { due_by } })
const refund = fake.reverse('refund', { amount: 2900_00, currency: 'isk', status: 'succeeded' })
assert.equal(await post(fake.event('charge.dispute.created', dispute)), 204)
assert.equal(await post(fake.event('refund.created', refund)), 204)
const told = await until('both are told', async () => {
  const { body } = await call('GET', `/v1/orgs/${org}/events?limit=200`)
  const data = body.data.filter((e) => e.type === 'payments.refund_dispute_updated').map((e) => e.data)
  return data.length === 2 && Object.fromEntries(data.map((d) => [d.kind, d]))
})
assert.deepEqual([told.dispute.amount_minor, told.dispute.currency, told.dispute.status], [9500, 'KWD', 'needs_response'])
assert.equal(Date.parse(told.dispute.respond_by), due_by * 1000)
assert.deepEqual([told.refund.amount_minor, told.refund.currency, told.refund.external_id], [2900, 'ISK', refund.id])
console.log('ok    disputes and refunds are told in the amounts of their currency')

// Refused: in Stripe's words. A customer that is gone: replaced.
const words = 'Invalid currency: kwd. Stripe currently supports these currencies: usd, aed'
fake.faults.push({ match: /POST \/v1\/checkout/, status: 400, error: { type: 'invalid_request_error', code: 'parameter_invalid', message: words } })
const refused = await click()
assert.deepEqual([refused.status, refused.body.code, refused.body.detail], [502, 'payments/provider-refused', words])
assert.equal((await call('GET', billing)).body.checkout.why, words)
fake.gone.add('cus_1')
const anew = await click()
assert.equal(anew.status, 201, JSON.stringify(anew.body))
const [gone, made] = posts('/v1/checkout/sessions').slice(-2)
assert.match(gone.text, /customer=cus_1/)
assert.match(made.text, /customer_email=/)
assert.doesNotMatch(made.text, /customer=/)
assert.notEqual(gone.headers['idempotency-key'], made.headers['idempotency-key'])
assert.equal((await call('POST', `${billing}/portal`)).body.code, 'payments/no-customer')
console.log("ok    Stripe's words, and a customer that is gone")

// What the account has no more: a page makes room for another; a subscription ends for whoever asks, when
// Stripe says that it is missing, and not for a 404 of something between.
fake.objects.delete([...fake.objects.values()].findLast((o) => o.object === 'checkout.session').id)
const elsewhere = await click()
assert.equal(elsewhere.status, 201, JSON.stringify(elsewhere.body))
assert.notEqual(elsewhere.body.url, anew.body.url)
const lost = fake.pay([...fake.objects.values()].findLast((o) => o.object === 'checkout.session'))
assert.equal((await call('POST', `${billing}/sync`)).body.plan, 'team')
fake.objects.delete(lost.id)
fake.faults.push({ match: /GET \/v1\/subscriptions/, status: 404, error: { type: 'invalid_request_error', message: 'Unrecognized request URL' } })
const between = await call('POST', `${billing}/sync`)
assert.deepEqual([between.status, between.body.code], [502, 'payments/provider-refused'])
assert.equal((await call('GET', billing)).body.plan, 'team')
const over = await call('POST', `${billing}/cancel`)
assert.deepEqual([over.status, over.body.code], [409, 'payments/subscription-gone'])
const { body: left } = await call('GET', billing)
assert.deepEqual([left.plan, left.subscription.status, left.subscription.access], ['free', 'canceled', 'none'])
assert.equal((await click()).status, 201)
console.log('ok    what the account has no more is no dead end')

// Whoever deletes the organisation is not charged any more, also when Stripe's answer is lost.
await click()
const again = fake.pay([...fake.objects.values()].findLast((o) => o.object === 'checkout.session'))
assert.equal(await post(fake.event('customer.subscription.created', again)), 204)
await until('the second plan', async () => (await call('GET', billing)).body.plan === 'team')
fake.faults.push({ match: /DELETE \/v1\/subscriptions/, after: true })
const deleted = await call('DELETE', `/v1/orgs/${org}`)
assert.equal(deleted.status, 204, JSON.stringify(deleted.body))
await until('its end over there', async () => fake.objects.get(again.id).status === 'canceled')
const ends = fake.requests.filter((r) => r.method === 'DELETE')
assert.equal(new Set(ends.map((r) => r.headers['idempotency-key'])).size, 1)
assert.equal(await post(fake.event('customer.subscription.deleted', again)), 204, 'and its event is of nobody')
console.log('ok    a deleted organisation\'s subscription ends')
fake.close()
