// Chromium walks through docs/examples/web: node main.mjs API_URL PAGE_PORT. Ends with a line of totals.
import { spawn } from 'node:child_process';
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chromium } from 'playwright-core';

const [api, port] = process.argv.slice(2);
const site = `http://localhost:${port}`;
const patience = 10_000;
const run = Date.now();
const password = 'a browser made of glass';
let passed = 0;
let failed = 0;

const server = spawn(process.execPath, ['docs/examples/web/serve.mjs', port],
  { env: { ...process.env, ASHLAR_API: api }, stdio: ['ignore', 'pipe', 'inherit'] });
await Promise.race([once(server.stdout, 'data'), once(server, 'exit')]);

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
    '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});

// A person with a browser profile of their own.
async function person(name) {
  const context = await browser.newContext();
  context.setDefaultTimeout(patience);
  const page = await context.newPage();
  const complaints = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (line) => {
    // Chromium notes every 4xx answer; those are looked at through the page.
    if (line.type() === 'error' && !line.text().startsWith('Failed to load resource'))
      complaints.push(line.text());
  });
  return { name, email: `${name.toLowerCase()}-${run}@browser.example`, context, page, complaints };
}

async function mailedLink(email, wanted) {
  for (const until = Date.now() + patience; Date.now() < until;) {
    const reply = await fetch(`${api}/dev/mail?format=json&to=${encodeURIComponent(email)}`);
    const { data } = await reply.json();
    const links = data.flatMap((mail) => mail.text.match(/https?:\/\/\S*token=[A-Za-z0-9_-]+/g) ?? []);
    const link = links.findLast((one) => new URL(one).pathname.startsWith(wanted));
    if (link) return link;
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error(`no mail with a link to ${wanted} for ${email}`);
}

async function signUp({ page, name, email }) {
  await page.fill('#sign-up [name=name]', name);
  await page.fill('#sign-up [name=email]', email);
  await page.fill('#sign-up [name=password]', password);
  await page.click('#sign-up button');
  await page.getByText('A mail is on its way').waitFor();
}

async function verify({ page, name, email }) {
  await page.goto(await mailedLink(email, '/verify'));
  await page.locator('#name', { hasText: name }).waitFor();
}

// The mailed link in a browser that did not sign up: on a telephone, or of somebody else's sign-up.
async function followElsewhere({ email }, name) {
  const elsewhere = await person(name);
  await elsewhere.page.goto(await mailedLink(email, '/verify'));
  await elsewhere.page.locator('#proved-email', { hasText: email }).waitFor();
  assert.equal(elsewhere.page.url(), `${site}/`);
  assert.equal((await elsewhere.context.cookies(api)).length, 0);
  return elsewhere;
}

async function choosePassword({ page, name }, chosen) {
  await page.fill('#set-password [name=name]', name);
  await page.fill('#set-password [name=password]', chosen);
  await page.click('#set-password button');
}

async function signIn({ page }, email, typed) {
  await page.fill('#sign-in [name=email]', email);
  await page.fill('#sign-in [name=password]', typed);
  await page.click('#sign-in button');
}

const ann = await person('Ann');
const bob = await person('Bob');

const tests = {
  async 'an error stands beside the field it is about'() {
    await ann.page.goto(site);
    await ann.page.fill('#sign-up [name=name]', 'Ann');
    await ann.page.fill('#sign-up [name=email]', 'no address');
    await ann.page.fill('#sign-up [name=password]', 'short');
    await ann.page.click('#sign-up button');
    await ann.page.locator('#sign-up [name=email] + .error').waitFor();
    await ann.page.locator('#sign-up [name=password] + .error').waitFor();
    assert.equal(await ann.page.locator('#sign-up [name=name] + .error').count(), 0);
  },
  async 'signing up leads to a mail'() {
    await signUp(ann);
  },
  async 'the mailed link signs in, and its token leaves the address bar'() {
    await verify(ann);
    assert.equal(ann.page.url(), `${site}/`);
  },
  async 'the link opened in another browser asks for a password, and the one of the sign-up opens nothing'() {
    const mallory = await person('Mallory');
    const dora = { ...mallory, email: `dora-${run}@browser.example` };
    await mallory.page.goto(site);
    await signUp(dora);
    const elsewhere = await followElsewhere(dora, 'Dora');
    await choosePassword(elsewhere, 'short');
    await elsewhere.page.locator('#set-password [name=password] + .error').waitFor();
    await choosePassword(elsewhere, 'a door of her own');
    await elsewhere.page.locator('#name', { hasText: 'Dora' }).waitFor();
    await signIn(mallory, dora.email, password);
    await mallory.page.locator('#message', { hasText: 'req_' }).waitFor();
    await mallory.page.reload();
    await mallory.page.locator('#sign-in').waitFor();
    await elsewhere.page.reload();
    await elsewhere.page.locator('#name', { hasText: 'Dora' }).waitFor();
    assert.deepEqual([...elsewhere.complaints, ...mallory.complaints], []);
  },
  async 'scripts cannot read the session cookie'() {
    assert.equal(await ann.page.evaluate('document.cookie'), '');
    const cookie = (await ann.context.cookies(api)).find((one) => one.name.includes('session'));
    assert.ok(cookie?.httpOnly, 'the session cookie is HttpOnly');
    assert.equal(cookie.sameSite, 'Lax');
  },
  async 'an organisation is founded and shows its owner'() {
    await ann.page.fill('#create-org [name=name]', 'Glass Works');
    await ann.page.click('#create-org > button');
    await ann.page.locator('#members li', { hasText: ann.email }).waitFor();
  },
  async 'an invitation is mailed'() {
    await ann.page.fill('#invite [name=email]', bob.email);
    await ann.page.click('#invite > button');
    await ann.page.getByText('An invitation is on its way').waitFor();
  },
  async 'a plan is bought on the provider\'s page and stands when one is back'() {
    await ann.page.locator('#plan-name', { hasText: 'free' }).waitFor();
    await ann.page.locator('#offers button', { hasText: 'Team' }).click();
    await ann.page.getByRole('button', { name: 'Pay', exact: true }).click();
    await ann.page.getByRole('link', { name: 'Back to the product' }).click();
    await ann.page.locator('#plan-name', { hasText: 'team' }).waitFor();
    assert.equal(await ann.page.locator('#offers button').count(), 0);
  },
  async 'the invited person signs up, verifies and is in'() {
    await bob.page.goto(await mailedLink(bob.email, '/invitations'));
    await bob.page.getByText('Sign in or sign up').waitFor();
    await signUp(bob);
    await verify(bob);
    await bob.page.locator('#members li', { hasText: bob.email }).waitFor();
    await bob.page.locator('#members li', { hasText: ann.email }).waitFor();
  },
  async 'both are told, and the one whose page was open all along sees it come'() {
    await bob.page.locator('#notifications li', { hasText: 'Welcome to Glass Works' }).waitFor();
    await ann.page.locator('#notifications li', { hasText: 'Bob joined Glass Works' }).waitFor();
  },
  async 'a notification that is read is read on every page of the person'() {
    const other = await ann.context.newPage();
    await other.goto(site);
    const notification = '#notifications button:text("Bob joined Glass Works")';
    await other.locator(`${notification}.unread`).waitFor();
    await ann.page.click(notification);
    await other.locator(`${notification}.read`).waitFor();
    await other.close();
  },
  async 'what one may not do is said'() {
    await bob.page.fill('#invite [name=email]', 'eve@browser.example');
    await bob.page.click('#invite > button');
    await bob.page.locator('#message', { hasText: 'req_' }).waitFor();
  },
  async 'reloading keeps the session'() {
    await ann.page.reload();
    await ann.page.locator('#name', { hasText: 'Ann' }).waitFor();
  },
  // The list of the inbox is asked for with the session and answered after it: that is no failure of the page.
  async 'signing out ends it'() {
    let release;
    const signedOut = new Promise((resolve) => { release = resolve; });
    await ann.page.locator('#inbox').waitFor();
    await ann.page.route('**/v1/me/inbox', async (route) => {
      await signedOut;
      await route.continue();
    });
    const asked = ann.page.waitForRequest('**/v1/me/inbox');
    await ann.page.reload();
    await asked;
    await ann.page.click('#sign-out');
    await ann.page.locator('#sign-in').waitFor();
    const answered = ann.page.waitForResponse('**/v1/me/inbox');
    release();
    assert.equal((await answered).status(), 401);
    await ann.page.unroute('**/v1/me/inbox');
    await ann.page.reload();
    await ann.page.locator('#sign-in').waitFor();
  },
  async 'signing in by password works, a wrong one is said'() {
    await ann.page.fill('#sign-in [name=email]', ann.email);
    await ann.page.fill('#sign-in [name=password]', 'not her password');
    await ann.page.click('#sign-in button');
    await ann.page.locator('#message', { hasText: 'req_' }).waitFor();
    await ann.page.fill('#sign-in [name=password]', password);
    await ann.page.click('#sign-in button');
    await ann.page.locator('#members li', { hasText: bob.email }).waitFor();
  },
  async 'the documentation page renders without a complaint'() {
    const reader = await person('Reader');
    await reader.page.goto(`${api}/docs`);
    await reader.page.getByText('/v1/orgs', { exact: true }).first().waitFor();
    assert.deepEqual(reader.complaints, []);
  },
  async 'no script failed and no policy was broken'() {
    assert.deepEqual([...ann.complaints, ...bob.complaints], []);
  },
};

for (const [title, test] of Object.entries(tests)) {
  const began = Date.now();
  try {
    await test();
    passed++;
    console.log(`ok    ${String(Date.now() - began).padStart(5)} ms  ${title}`);
  } catch (error) {
    failed++;
    console.log(`FAIL  ${String(Date.now() - began).padStart(5)} ms  ${title}\n${error.stack}`);
  }
}
await browser.close();
server.kill();
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
