// A stand-in for the part of Stripe's API we use: validates every request by Stripe's own schemas, replays
// by Idempotency-Key, remembers objects, can be told to fail, and signs events with Stripe's own library.
import http from 'node:http'
import fs from 'node:fs'
import crypto from 'node:crypto'
import Ajv from 'ajv'
import Stripe from 'stripe'
import { WebSocketServer } from 'ws'

const id = (prefix) => `${prefix}_${crypto.randomBytes(10).toString('hex')}`
const seconds = () => Math.floor(Date.now() / 1000)

// a[b][0][c]=v → { a: { b: [{ c: 'v' }] } }
export function parseForm(text) {
  const root = {}
  for (const [name, value] of new URLSearchParams(text)) {
    const steps = name.replaceAll(']', '').split('[')
    let at = root
    steps.forEach((step, i) => {
      if (i === steps.length - 1) at[step] = value
      else at = at[step] ??= /^\d+$/.test(steps[i + 1]) ? [] : {}
    })
  }
  return root
}

// Compiling takes most of a second: once for all fakes.
const ajv = new Ajv({ strict: false, coerceTypes: 'array', validateFormats: false, logger: false })
const checks = new Map()

function checkOf(schemaFile, kind) {
  const name = `${schemaFile} ${kind}`
  if (!checks.has(name)) {
    const { definitions } = JSON.parse(fs.readFileSync(schemaFile))
    checks.set(name, ajv.compile({ ...definitions[kind], definitions }))
  }
  return checks.get(name)
}

export class Fake {
  constructor(schemaFile, secret) {
    this.schemaFile = schemaFile
    this.secret = secret
    this.objects = new Map()
    this.answers = new Map() // by Idempotency-Key
    this.requests = []
    this.gone = new Set() // customers that were deleted
    this.faults = [] // { match, status, error, headers, after } : `after` answers once the work is done
    this.watch = async () => {} // (step, what): each step of a request, waited for; see deaths.mjs
    this.stripe = new Stripe('sk_test_x')
  }

  listen(port) {
    this.server = http.createServer((request, reply) => this.#take(request, reply))
    this.server.on('connection', () => this.watch('connected', ''))
    return new Promise((done) => this.server.listen(port, '127.0.0.1', done))
  }

  // What `stripe listen` connects to: the events go through its socket, as headers and payload.
  #listenFor(port) {
    this.sockets = new WebSocketServer({ server: this.server, handleProtocols: (offered) => [...offered][0] })
    return {
      websocket_id: id('cliws'), websocket_url: `ws://127.0.0.1:${port}/subscribe`, websocket_authorized_feature: 'webhooks',
      secret: this.secret, reconnect_delay: 600, latest_version: Stripe.API_VERSION, default_version: Stripe.API_VERSION,
    }
  }

  emit(type, object) {
    const [event_payload, http_headers] = this.event(type, object)
    const message = { type: 'webhook_event', webhook_id: id('wh'), webhook_conversation_id: id('wc'), event_payload, http_headers, endpoint: { url: '', api_version: null } }
    for (const socket of this.sockets.clients) socket.send(JSON.stringify(message))
  }

  // `stripe trigger` makes what an event is about: by its own requests, not ours, so taken as they are.
  #trigger(params) {
    const subscription = this.pay({ sent: { subscription_data: params } })
    this.emit('customer.subscription.created', subscription)
    return subscription
  }

  close() {
    this.sockets?.close()
    this.server.closeAllConnections()
    this.server.close()
  }

  // What of a request is not as Stripe's types want it, or null.
  #defect(kind, params) {
    const check = checkOf(this.schemaFile, kind)
    return check(params) ? null : ajv.errorsText(check.errors)
  }

  #routes = [
    ['POST', /^\/v1\/checkout\/sessions$/, 'createCheckout', (p) => this.#checkout(p)],
    ['POST', /^\/v1\/checkout\/sessions\/(\w+)\/expire$/, 'expireCheckout', (p, o) => Object.assign(o, { status: 'expired' })],
    ['GET', /^\/v1\/checkout\/sessions\/(\w+)$/, 'getCheckout', (p, o) => o],
    ['GET', /^\/v1\/subscriptions\/(\w+)$/, 'getSubscription', (p, o) => o],
    ['POST', /^\/v1\/subscriptions\/(\w+)$/, 'updateSubscription', (p, o) => this.#update(p, o)],
    ['DELETE', /^\/v1\/subscriptions\/(\w+)$/, 'cancelSubscription', (p, o) => Object.assign(o, { status: 'canceled', ended_at: seconds() })],
    ['GET', /^\/v1\/disputes\/(\w+)$/, 'getDispute', (p, o) => o],
    ['GET', /^\/v1\/refunds\/(\w+)$/, 'getRefund', (p, o) => o],
    ['GET', /^\/v1\/payment_intents\/(\w+)$/, 'getPaymentIntent', (p, o) => o],
    ['GET', /^\/v1\/charges\/(\w+)$/, 'getCharge', (p, o) => o],
    ['GET', /^\/v1\/invoice_payments$/, 'listInvoicePayments', (p) => this.#list('invoice_payment', (o) => o.payment.payment_intent === p.payment.payment_intent)],
    ['GET', /^\/v1\/subscription_items$/, 'listSubscriptionItems', (p) => ({ object: 'list', data: this.objects.get(p.subscription).allItems, has_more: false })],
    ['GET', /^\/v1\/subscriptions$/, 'listSubscriptions', () => this.#list()],
    ['POST', /^\/v1\/stripecli\/sessions$/, null, () => this.#listenFor(this.server.address().port)],
    ['POST', /^\/v1\/(?:customers|products|prices)$/, null, () => ({ id: id('obj') })],
    ['POST', /^\/v1\/subscriptions$/, null, (p) => this.#trigger(p)],
    ['POST', /^\/v1\/billing_portal\/sessions$/, 'createPortal', () => ({ id: id('bps'), url: 'https://billing.stripe.test/p' })],
  ]

  #keep(object) {
    this.objects.set(object.id, object)
    return object
  }

  // Each form of an end by itself, as Stripe has it since flexible billing; both at once are refused.
  #update(params, object) {
    if ('cancel_at' in params && 'cancel_at_period_end' in params)
      return { refused: { message: 'Received both cancel_at and cancel_at_period_end parameters. Please pass in only one.' } }
    if ('cancel_at' in params) object.cancel_at = params.cancel_at || null
    else object.cancel_at_period_end = String(params.cancel_at_period_end) === 'true'
    return object
  }

  #checkout(params) {
    if (this.gone.has(params.customer))
      return { refused: { code: 'resource_missing', param: 'customer', message: `No such customer: '${params.customer}'` } }
    const session = { id: id('cs_test'), object: 'checkout.session', status: 'open', subscription: null, metadata: params.metadata, sent: params }
    return this.#keep({ ...session, url: `https://checkout.stripe.test/${session.id}` })
  }

  #list(kind = 'subscription', fits = () => true) {
    const data = [...this.objects.values()].filter((o) => o.object === kind && fits(o))
    return { object: 'list', data, has_more: false }
  }

  #answer(method, url, text) {
    const route = this.#routes.find((r) => r[0] === method && r[1].test(url.pathname))
    const params = parseForm(method === 'GET' ? url.search.slice(1) : text)
    if (!route) return [404, { error: { type: 'invalid_request_error', message: 'Unrecognized request URL' } }]
    const defect = route[2] && this.#defect(route[2], params)
    if (defect) return [400, { error: { type: 'invalid_request_error', code: 'parameter_invalid', message: defect } }]
    const wanted = url.pathname.match(route[1])[1]
    const object = this.objects.get(wanted)
    const gone = method === 'DELETE' && object?.status === 'canceled'
    if (gone || (wanted && !object))
      return [404, { error: { type: 'invalid_request_error', code: 'resource_missing', param: 'id', message: `No such object: '${wanted}'` } }]
    const answer = route[3](params, object)
    return answer.refused ? [400, { error: { type: 'invalid_request_error', ...answer.refused } }] : [200, answer]
  }

  // The same key: the same answer, also when it was lost on its way; with another request: refused.
  #answerOnce(request, url, text) {
    const key = request.headers['idempotency-key']
    if (!key) return this.#answer(request.method, url, text)
    const known = this.answers.get(key)
    if (known && known.text !== url.pathname + text) return [400, { error: { type: 'idempotency_error' } }]
    if (!known) this.answers.set(key, { text: url.pathname + text, answer: this.#answer(request.method, url, text) })
    return this.answers.get(key).answer
  }

  async #take(request, reply) {
    let text = ''
    for await (const chunk of request) text += chunk
    const url = new URL(request.url, 'http://x')
    this.requests.push({ method: request.method, path: url.pathname, headers: request.headers, text })
    const what = `${request.method} ${url.pathname}`
    await this.watch('asked', what)
    const at = this.faults.findIndex((f) => f.match.test(what))
    const fault = at < 0 ? null : this.faults.splice(at, 1)[0]
    const send = (status, body, headers = {}) => {
      reply.writeHead(status, { 'content-type': 'application/json', 'request-id': id('req'), ...headers })
      reply.end(JSON.stringify(body), () => this.watch('answered', what))
    }
    if (fault && !fault.after) return send(fault.status, { error: fault.error ?? { type: 'api_error' } }, fault.headers)
    const [status, body] = this.#answerOnce(request, url, text)
    if (fault) return request.socket.destroy() // done, and the answer is lost
    await this.watch('done', what)
    send(status, body)
  }

  // Somebody pays on the page of this session.
  pay(session, status = 'active') {
    const now = seconds()
    const { metadata } = session.sent.subscription_data
    const made = session.sent.line_items?.[0].price_data
    const price = { id: 'price_inline', unit_amount: Number(made?.unit_amount ?? 0), currency: made?.currency ?? 'eur', recurring: { interval: made?.recurring.interval ?? 'month', interval_count: 1 } }
    const subscription = this.#keep({
      id: id('sub'), object: 'subscription', customer: this.gone.has('cus_1') ? 'cus_2' : 'cus_1', status, created: now, metadata,
      cancel_at_period_end: false, cancel_at: null, ended_at: null,
      items: { data: [{ id: 'si_1', price, current_period_start: now, current_period_end: now + 30 * 86400 }] },
    })
    Object.assign(session, { status: 'complete', subscription: subscription.id })
    return subscription
  }

  // Money goes back, or may: "dispute" or "refund", of a charge of the customer's.
  reverse(kind, more) {
    const charge = { id: id('ch'), object: 'charge', customer: 'cus_1' }
    return this.#keep({ id: id(kind === 'dispute' ? 'du' : 're'), object: kind, charge, created: seconds(), reason: null, ...more })
  }

  // A card is declined on the page of this session: the intent, its charge, and what leads to the invoice.
  decline(session, decline_code) {
    const { metadata } = session.sent.subscription_data
    const charge = this.#keep({ id: id('ch'), object: 'charge', customer: null, created: seconds(), billing_details: { email: session.sent.customer_email }, failure_code: 'card_declined', outcome: { type: 'issuer_declined', reason: decline_code } })
    const intent = this.#keep({ id: id('pi'), object: 'payment_intent', customer: null, created: seconds(), latest_charge: charge, last_payment_error: { code: 'card_declined', decline_code } })
    charge.payment_intent = intent.id
    this.#keep({ id: id('inpay'), object: 'invoice_payment', payment: { type: 'payment_intent', payment_intent: intent.id }, invoice: { id: id('in'), parent: { subscription_details: { metadata } } } })
    return { charge, intent }
  }

  // An event as Stripe sends it: [payload, headers].
  event(type, object, { secret = this.secret, timestamp = seconds(), ...more } = {}) {
    const payload = JSON.stringify({ id: id('evt'), object: 'event', api_version: Stripe.API_VERSION, created: seconds(), livemode: false, type, data: { object }, ...more }, null, 2)
    return [payload, { 'stripe-signature': this.stripe.webhooks.generateTestHeaderString({ payload, secret, timestamp }), 'content-type': 'application/json' }]
  }
}
