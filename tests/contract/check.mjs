// Judges recorded exchanges by the OpenAPI document, and the record by its coverage. Knows no route.
//   node check.mjs OPENAPI.json FOLDER [part]     part: coverage is printed but not demanded
import { readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { domainToASCII } from "node:url";

const require = createRequire(import.meta.url);
const Ajv = require("ajv/dist/2020").default;
const addFormats = require("ajv-formats").default;

const SHOWN = 40;

const [documentPath, folder, part] = process.argv.slice(2);
const api = JSON.parse(readFileSync(documentPath, "utf8"));

const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: true });
addFormats(ajv);
ajv.addSchema(api, "api");

const escape = (text) => encodeURIComponent(text.replaceAll("~", "~0").replaceAll("/", "~1"));
const pointer = (...parts) => "api#/" + parts.map(escape).join("/");

/** A compiled schema by where it stands in the document; each is compiled once. */
const compiled = new Map();
function schemaAt(where) {
  if (!compiled.has(where)) compiled.set(where, ajv.compile({ $ref: where }));
  return compiled.get(where);
}

/** Operations by id: where they stand, what they list, what was seen of them. */
const operations = new Map();
for (const [path, item] of Object.entries(api.paths)) {
  for (const [method, operation] of Object.entries(item)) {
    if (!operation.operationId) continue;
    const codes = Object.entries(operation.responses)
      .filter(([status]) => status >= "400" && status <= "599")
      .flatMap(([, r]) => [...(r.description ?? "").matchAll(/`([^`]+)`/g)].map((m) => m[1]));
    operations.set(operation.operationId, {
      path, method, operation,
      own: new Set(codes.filter((code) => code.includes("/"))),
      common: codes.filter((code) => !code.includes("/")),
      seenCodes: new Set(),
      succeeded: false,
    });
  }
}

const failures = new Map();
function fault(text, exchange) {
  const line = `${text}: ${exchange.method} ${exchange.target} ${exchange.status}`;
  failures.set(text, (failures.get(text) ?? []).concat(line));
}

function parse(text) {
  try { return JSON.parse(text); } catch { return undefined; }
}

const problemSchema = "api#/components/schemas/Problem";

/** Query names the document gives an operation. */
function queryNames(operation) {
  return new Set((operation.parameters ?? [])
    .map((p) => (p.$ref ? api.components.parameters[p.$ref.split("/").pop()] : p))
    .filter((p) => p.in === "query").map((p) => p.name));
}

/** Does it send what the document knows nothing of? No client built from it does. */
function strays({ target, request }, { operation }) {
  const names = queryNames(operation);
  let sent;
  try { sent = [...new URL(target, "http://localhost").searchParams.keys()]; } catch { return true; }
  return sent.some((name) => !names.has(name)) || (!operation.requestBody && Boolean(request));
}

/** A failure is a problem+json of the document's shape, whatever the route. */
function judgeProblem(exchange, known) {
  const body = parse(exchange.response);
  if (!exchange.type?.startsWith("application/problem+json") || body === undefined) {
    if (exchange.method !== "HEAD") fault(`${exchange.route} fails without application/problem+json`, exchange);
    return;
  }
  const validate = schemaAt(problemSchema);
  if (!validate(body)) fault(`${exchange.route}: problem ${ajv.errorsText(validate.errors)}`, exchange);
  if (body.status !== exchange.status) fault(`${exchange.route}: status in the body differs`, exchange);
  seenCommon.add(body.code);
  if (!known) return;
  known.seenCodes.add(body.code);
  if (!known.own.has(body.code) && !known.common.includes(body.code)
    && !exchange.fault && !strays(exchange, known))
    fault(`${exchange.route} answers ${body.code}, which it does not list`, exchange);
}

function judgeSuccess(exchange, { path, method, operation, ...known }) {
  const response = operation.responses[exchange.status];
  if (!response) return fault(`${exchange.route} answers ${exchange.status}, which it does not list`, exchange);
  const content = response.content?.["application/json"];
  if (content) {
    const validate = schemaAt(
      pointer("paths", path, method, "responses", String(exchange.status), "content", "application/json", "schema"));
    const body = parse(exchange.response);
    if (body === undefined) fault(`${exchange.route}: the response is no JSON`, exchange);
    else if (!validate(body)) fault(`${exchange.route}: response ${ajv.errorsText(validate.errors)}`, exchange);
  } else if (!response.content && !response.$ref && exchange.response) {
    fault(`${exchange.route}: a response without content has some`, exchange);
  }
}

/** An address is taken as devices write it; the document knows the form it is brought into. */
const inOneForm = (value) => {
  if (typeof value !== "string" || !value.includes("@")) return value;
  const [local, domain] = value.trim().split("@");
  return `${local}@${domainToASCII(domain)}`;
};
const withAddressesInOneForm = (body) => Array.isArray(body) || typeof body !== "object" || body === null ? body
  : Object.fromEntries(Object.entries(body).map(([name, value]) => [name, inOneForm(value)]));

/** What was accepted must be allowed by the document, or clients built from it send less than they could. */
function judgeAccepted(exchange, { path, method, operation }) {
  const url = new URL(exchange.target, "http://localhost");
  const names = queryNames(operation);
  for (const name of url.searchParams.keys())
    if (!names.has(name)) fault(`${exchange.route} accepts the query name ${name}, which is not in the document`, exchange);
  // A raw body ("*/*") has no schema: its route reads the bytes itself.
  if (!operation.requestBody?.content["application/json"] || !exchange.request) return;
  const validate = schemaAt(pointer("paths", path, method, "requestBody", "content", "application/json", "schema"));
  const body = parse(exchange.request);
  if (body !== undefined && !validate(withAddressesInOneForm(body)))
    fault(`${exchange.route} accepts a body the document refuses: ${ajv.errorsText(validate.errors)}`, exchange);
}

const seenCommon = new Set();
let exchanges = 0;

function judge(exchange) {
  exchanges++;
  const known = operations.get(exchange.route);
  // Suites may bring routes of their own, which fail on purpose; those are in no document. What a
  // test broke it says (X-Test-Fault). A route may list a failure of whom it calls as its own.
  if (exchange.status >= 500 && exchange.status !== 503 && !exchange.fault && (known || exchange.route === "unmatched")
    && !known?.own.has(parse(exchange.response)?.code))
    fault(`${exchange.route} answered ${exchange.status}`, exchange);
  if (exchange.status >= 400) return judgeProblem(exchange, known);
  if (!known) return;
  known.succeeded = true;
  judgeSuccess(exchange, known);
  if (exchange.status < 300) judgeAccepted(exchange, known);
}

for (const file of readdirSync(folder).filter((name) => name.endsWith(".ndjson")))
  for (const line of readFileSync(join(folder, file), "utf8").split("\n"))
    if (line) judge(JSON.parse(line));

const all = [...operations.entries()];
const unseen = all.filter(([, o]) => !o.succeeded).map(([id]) => `${id} never succeeded`);
const own = all.flatMap(([, o]) => [...o.own]);
const unseenOwn = all.flatMap(([id, o]) => [...o.own].filter((c) => !o.seenCodes.has(c)).map((c) => `${id} never answered ${c}`));
const common = [...new Set(all.flatMap(([, o]) => o.common))];
const unseenCommon = common.filter((c) => !seenCommon.has(c)).map((c) => `nobody answered ${c}`);

function report(name, lines) {
  console.log(`[ RUN      ] ${name}`);
  lines.slice(0, SHOWN).forEach((line) => console.log(`  ${line}`));
  if (lines.length > SHOWN) console.log(`  … and ${lines.length - SHOWN} more`);
  console.log(lines.length ? `[  FAILED  ] ${name}` : `[       OK ] ${name}`);
  return lines.length === 0;
}

const faults = [...failures.entries()].map(([text, at]) => `${at[0]}${at.length > 1 ? ` (and ${at.length - 1} more)` : ""}`);
let good = report("there is something to judge", exchanges ? [] : ["no exchange was recorded"]);
good = report("every exchange keeps to the document", faults) && good;
if (!part) {
  good = report("every operation succeeded somewhere", unseen) && good;
  good = report("every operations own errors were seen", unseenOwn) && good;
  good = report("every common error was seen", unseenCommon) && good;
}
console.log(`${exchanges} exchanges; operations ${all.length - unseen.length} of ${all.length}; `
  + `own errors ${own.length - unseenOwn.length} of ${own.length}; common errors ${common.length - unseenCommon.length} of ${common.length}`);
process.exit(good ? 0 : 1);
