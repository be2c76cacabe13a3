// JSON Schemas of the Stripe requests we make, generated from the types inside the `stripe` package:
// always those of the API version the package was made for.
//   node schemas.mjs OUT.json
import fs from 'node:fs'
import path from 'node:path'
import { execFileSync } from 'node:child_process'
import Stripe from 'stripe'

export const types = {
  createCheckout: 'Checkout.SessionCreateParams',
  expireCheckout: 'Checkout.SessionExpireParams',
  getCheckout: 'Checkout.SessionRetrieveParams',
  getSubscription: 'SubscriptionRetrieveParams',
  updateSubscription: 'SubscriptionUpdateParams',
  cancelSubscription: 'SubscriptionCancelParams',
  getDispute: 'DisputeRetrieveParams',
  getRefund: 'RefundRetrieveParams',
  getPaymentIntent: 'PaymentIntentRetrieveParams',
  getCharge: 'ChargeRetrieveParams',
  listInvoicePayments: 'InvoicePaymentListParams',
  listSubscriptionItems: 'SubscriptionItemListParams',
  listSubscriptions: 'SubscriptionListParams',
  createPortal: 'BillingPortal.SessionCreateParams',
}

function generate(out) {
  const here = import.meta.dirname
  const folder = fs.mkdtempSync(path.join(here, 'node_modules/.schemas-'))
  const source = path.join(folder, 'params.ts')
  const config = path.join(folder, 'tsconfig.json')
  const lines = Object.entries(types).map(([name, type]) => `export type ${name} = Stripe.${type}`)
  fs.writeFileSync(source, ["import Stripe from 'stripe'", ...lines, ''].join('\n'))
  fs.writeFileSync(config, JSON.stringify({
    compilerOptions: { target: 'es2022', module: 'nodenext', moduleResolution: 'nodenext', skipLibCheck: true, strict: true },
    files: ['params.ts'],
  }))
  execFileSync(process.execPath, [
    path.join(here, 'node_modules/.bin/ts-json-schema-generator'),
    '-f', config, '-p', source, '--expose', 'export', '--jsDoc', 'none', '--no-type-check', '-o', out,
  ], { stdio: ['ignore', 'ignore', 'inherit'] })
  fs.rmSync(folder, { recursive: true })
  return Stripe.API_VERSION
}

if (process.argv[2]) console.log(generate(process.argv[2]))
