// How many events a second come in:
// node tests/bench/events.mjs BASE_URL WRITE_KEY [BATCHES [CONNECTIONS [EVENTS]]]
// Bodies are made before the clock starts. The server wants ASHLAR_RATE_LIMITS=false.
import { randomUUID } from 'node:crypto';
import http from 'node:http';

const [base, writeKey, batches = '40', connections = '3', events = '2000'] = process.argv.slice(2);
const agent = new http.Agent({ keepAlive: true, maxSockets: +connections });

function message(batch, i) {
  return {
    type: 'track',
    messageId: `m-${randomUUID()}`,
    userId: `user_${(i * 7 + batch) % 5000}`,
    event: `Event ${i % 30}`,
    timestamp: new Date(Date.now() - i * 1000).toISOString(),
    properties: { plan: 'pro', path: `/a/b/${i}`, value: i / 7, button: 'buy now' },
  };
}

const bodies = Array.from({ length: +batches }, (_, batch) => Buffer.from(JSON.stringify({
  writeKey,
  sentAt: new Date().toISOString(),
  batch: Array.from({ length: +events }, (_, i) => message(batch, i)),
})));

async function post(body) {
  const request = http.request(`${base}/v1/batch`, { method: 'POST', agent,
    headers: { 'Content-Type': 'application/json', 'Content-Length': body.length } });
  request.end(body);
  const reply = await new Promise((done, failed) => request.on('response', done).on('error', failed));
  let text = '';
  for await (const chunk of reply) text += chunk;
  if (reply.statusCode !== 200) throw new Error(`${reply.statusCode} ${text}`);
  return JSON.parse(text).stored;
}

const began = performance.now();
let next = 0;
let stored = 0;
await Promise.all(Array.from({ length: +connections }, async () => {
  while (next < bodies.length) {
    const n = await post(bodies[next++]);
    stored += n;
  }
}));
const seconds = (performance.now() - began) / 1000;
const bytes = Math.round(bodies[0].length / +events);
console.log(`${stored} events of ${bytes} bytes in ${seconds.toFixed(2)} s: ${Math.round(stored / seconds)}/s`);
agent.destroy();
