// The plan: what it is, and a way to a better one. Paying happens on the provider's page.
import { call } from './api.js';

const $ = (id) => document.getElementById(id);

// Back from the provider's page: its webhook may still be on its way, so the server asks by itself.
export const cameBack = () => new URLSearchParams(location.search).has('checkout');

function offer(org, plan) {
  const price = plan.prices[0];
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = `${plan.name}: ${price.amount} ${price.currency} a ${price.period}`;
  button.addEventListener('click', async () => {
    const { url } = await call('POST', `/v1/orgs/${org.id}/billing/checkout`,
      { plan: plan.key, currency: price.currency, period: price.period },
      { 'Idempotency-Key': crypto.randomUUID() });
    location.assign(url);
  });
  return button;
}

export async function showPlan(org, returned) {
  const { data: plans } = await call('GET', '/v1/plans');
  const { permissions } = await call('GET', `/v1/me?include=permissions&org_id=${org.id}`);
  $('plan').hidden = plans.length === 0 || !permissions.includes('payments.manage');
  if ($('plan').hidden) return;
  const billing = returned
    ? await call('POST', `/v1/orgs/${org.id}/billing/sync`)
    : await call('GET', `/v1/orgs/${org.id}/billing`);
  $('plan-name').textContent = billing.plan ?? 'none';
  const sold = billing.subscription ? [] : plans.filter((plan) => plan.prices.length > 0);
  $('offers').replaceChildren(...sold.map((plan) => offer(org, plan)));
}
