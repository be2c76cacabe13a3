// Webhooks as a customer receives them: real deliveries, verified by the reference library of
// Standard Webhooks and by Svix's, over a rotation of the secret; then the feed they can pull.
import http from 'node:http'
import assert from 'node:assert/strict'
import { Webhook as Standard } from 'standardwebhooks'
import { Webhook as Svix } from 'svix'

const base = process.argv[2]
const received = []
let status = 204
const receiver = http.createServer((request, reply) => {
    const parts = []
    request.on('data', part => parts.push(part)).on('end', () => {
        received.push({ headers: request.headers, body: Buffer.concat(parts).toString() })
        reply.writeHead(status).end()
    })
})
await new Promise(up => receiver.listen(0, '127.0.0.1', up))
const url = `http://127.0.0.1:${receiver.address().port}/hooks`

async function until(what, fn) {
    for (let tries = 0; tries < 200; tries++) {
        const found = await fn()
        if (found) return found
        await new Promise(later => setTimeout(later, 100))
    }
    throw new Error(`never: ${what}`)
}

let token
async function call(method, path, body) {
    const headers = { 'content-type': 'application/json' }
    if (token) headers.authorization = `Bearer ${token}`
    const reply = await fetch(base + path, { method, headers, body: body && JSON.stringify(body) })
    const json = reply.status === 204 ? undefined : await reply.json()
    assert.ok(reply.ok, `${method} ${path}: ${reply.status} ${JSON.stringify(json)}`)
    return json
}

async function signUp(email) {
    const password = 'a receiver of many hooks'
    const { signup_secret } = await call('POST', '/v1/auth/signup', { email, password, name: 'Hook Receiver', transport: 'bearer' })
    const mailed = await until('a mail', async () => {
        const { data } = await call('GET', `/dev/mail?format=json&to=${encodeURIComponent(email)}`)
        return /[?#&]token=([A-Za-z0-9_-]+)/.exec(data.at(-1)?.text ?? '')?.[1]
    })
    return (await call('POST', '/v1/auth/email-verifications/confirm', { token: mailed, signup_secret, transport: 'bearer' })).token
}

token = await signUp(`hooks-${Date.now()}@clients.example`)
const org = await call('POST', '/v1/orgs', { name: 'Hooked' })
const endpoints = `/v1/orgs/${org.id}/webhook-endpoints`
const made = await call('POST', endpoints, { url, events: ['users.member_added'] })
const endpoint = `${endpoints}/${made.endpoint.id}`

async function nextDelivery() {
    const before = received.length
    await call('POST', `${endpoint}/test`)
    return until('a delivery', () => received[before])
}

function verifies(secret, { headers, body }) {
    for (const Library of [Standard, Svix]) {
        const data = new Library(secret).verify(body, headers)
        assert.equal(data.type, 'integrations.test')
        assert.equal(data.org_id, org.id)
    }
}

// Both libraries accept it, and neither accepts a byte more, another id or another secret.
const first = await nextDelivery()
verifies(made.secret, first)
const stranger = 'whsec_' + Buffer.alloc(32, 7).toString('base64')
for (const Library of [Standard, Svix]) {
    assert.throws(() => new Library(made.secret).verify(first.body + ' ', first.headers))
    assert.throws(() => new Library(made.secret).verify(first.body, { ...first.headers, 'webhook-id': 'evt_x' }))
    assert.throws(() => new Library(stranger).verify(first.body, first.headers))
}

// While a rotation lasts, who has either secret can verify.
const rotated = await call('POST', `${endpoint}/rotate-secret`)
const second = await nextDelivery()
assert.equal(second.headers['webhook-signature'].split(' ').length, 2)
verifies(made.secret, second)
verifies(rotated.secret, second)

// What failed comes again by itself, the same and with the same id.
status = 500
const failed = await nextDelivery()
status = 204
const again = await until('the second attempt', () =>
    received.findLast(one => one !== failed && one.headers['webhook-id'] === failed.headers['webhook-id']))
assert.equal(again.body, failed.body)
verifies(rotated.secret, again)
const { data } = await until('its record', async () => {
    const list = await call('GET', `${endpoint}/deliveries?limit=1`)
    return list.data[0].state === 'delivered' && list
})
assert.deepEqual([data[0].attempts, data[0].last_status], [2, 204])

// The feed has what happened, in order, and goes on from its cursor.
const feed = await until('the feed', async () => {
    const page = await call('GET', `/v1/orgs/${org.id}/events`)
    return page.data.length > 0 && page
})
assert.equal(feed.data[0].type, 'users.org_created')
assert.equal(feed.data[0].sequence, 1)
const rest = await call('GET', `/v1/orgs/${org.id}/events?after=${feed.next_cursor}`)
assert.equal(rest.data.length, 0)
receiver.close()
receiver.closeAllConnections()
console.log(`${received.length} deliveries verified`)
