// Counts what breaks the rules of docs/CONTRIBUTING.md, Language, in documents, tables and comments,
// and holds each count to tests/arch/language.txt. tests/arch/language runs it.
//   node language.mjs DOCUMENTS            a test; DOCUMENTS has openapi.json, errors.md, config.md, help.txt
//   node language.mjs DOCUMENTS list CHECK every place a check counts
//   node language.mjs DOCUMENTS lower      write the counts that fell into language.txt
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const COUNTS = "tests/arch/language.txt";
const WORDS = "tests/arch/language_words.txt";
const SHOWN = 20;

// --- Sentences ---

const words = (text) => text.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word));
const wordCount = (text) => words(text).length;

// A full stop of an abbreviation or a number ends nothing.
const SENTENCE_END = /(?<!\b(?:e\.g|i\.e|vs|etc|cf|St))[.!?]["”’)*_]*\s+(?=["“(*_]?[\p{Lu}\p{N}`])/u;

function sentences(text) {
  const flat = text.replace(/\s+/g, " ").trim();
  return flat === "" ? [] : flat.split(SENTENCE_END).filter((part) => wordCount(part) > 0);
}

// Inline code is one word, a link is its text, a URL is one word.
function plain(markdown) {
  return markdown
    .replace(/`[^`]*`/g, "X")
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replace(/<?https?:\/\/[^\s>]+>?/g, "X")
    .replace(/\*\*/g, "");
}

// A page as blocks of prose with their line, headings and table cells apart.
function readPage(file, text) {
  const page = { file, headings: [], blocks: [], cells: [] };
  let block = null, fence = false, generated = false;
  const end = () => { block = null; };
  const begin = (line, content) => { block = { file, line, text: content }; page.blocks.push(block); };
  text.split("\n").forEach((raw, at) => {
    const line = at + 1;
    if (/^\s*(```|~~~)/.test(raw)) { fence = !fence; return end(); }
    if (/<!-- generated/.test(raw)) generated = true;
    if (/<!-- \/generated/.test(raw)) generated = false;
    if (fence || generated || /^\s*<!--.*-->\s*$/.test(raw)) return end();
    if (/^#+ /.test(raw)) { page.headings.push({ file, line, text: plain(raw.replace(/^#+ /, "")) }); return end(); }
    if (/^\s*\|/.test(raw)) {
      if (!/^\s*\|[\s:|-]+$/.test(raw)) page.cells.push({ file, line, text: plain(raw.replaceAll("|", " . ")) });
      return end();
    }
    if (raw.trim() === "") return end();
    const item = /^\s*(?:[-*]|\d+\.)\s+(.*)$/.exec(raw);
    if (item) return begin(line, item[1]);
    if (block) block.text += "\n" + raw.trim(); else begin(line, raw.trim());
  });
  for (const each of page.blocks) each.text = plain(each.text);
  return page;
}

// A row of a table within a comment (words, two spaces, words) is a block of its own, as is a paragraph.
const commentBlocks = (text) => text.split(/\n\s*\n|\n(?=[^\n]*\S {2,}\S)|\n(?=\s*(?:-|\d+\.) )/);

// Comments and strings of C, each with its line.
function readC(file, text) {
  const comments = [], strings = [];
  const token = /\/\*([\s\S]*?)\*\/|\/\/([^\n]*)|"((?:[^"\\\n]|\\.)*)"|'(?:[^'\\\n]|\\.)*'/g;
  let line = 1, from = 0, match;
  while ((match = token.exec(text)) !== null) {
    for (; from < match.index; from++) if (text[from] === "\n") line++;
    if (match[1] !== undefined)
      for (const block of commentBlocks(match[1].replace(/\n\s*\*?/g, "\n"))) comments.push({ file, line, text: block });
    else if (match[2] !== undefined) comments.push({ file, line, text: match[2] });
    else if (match[3] !== undefined) strings.push({ file, line, text: match[3], at: match.index });
  }
  return { file, comments, strings, text };
}

// --- What is looked at ---

const tracked = (...globs) =>
  execFileSync("git", ["ls-files", "-co", "--exclude-standard", "--", ...globs], { encoding: "utf8" })
    .split("\n").filter((file) => file !== "");

function readable(file) {
  try { return readFileSync(file, "utf8"); } catch { return ""; } // deleted, and not yet committed
}

function readOpenapi(api) {
  const operations = [], fields = [], texts = [];
  const walk = (node, path) => {
    if (node === null || typeof node !== "object") return;
    for (const [key, value] of Object.entries(node)) {
      if (key === "example" || key === "enum" || key === "default") continue;
      if (["summary", "description", "title"].includes(key) && typeof value === "string")
        texts.push({ file: "openapi", line: path, text: plain(value) });
      if (key === "properties")
        for (const [name, field] of Object.entries(value))
          if (typeof field?.description === "string") fields.push({ file: "openapi", line: `${path}.${name}`, text: field.description });
      if (key === "parameters" && Array.isArray(value))
        for (const field of value)
          if (typeof field.description === "string") fields.push({ file: "openapi", line: `${path} ${field.name}`, text: field.description });
      walk(value, typeof value?.operationId === "string" ? value.operationId : `${path}.${key}`);
    }
  };
  walk(api, "");
  for (const item of Object.values(api.paths ?? {}))
    for (const operation of Object.values(item))
      if (operation?.operationId)
        operations.push({ file: "openapi", line: operation.operationId, text: operation.summary ?? "", description: operation.description ?? "" });
  const unique = (list) => [...new Map(list.map((each) => [each.text, each])).values()];
  return { operations, fields: unique(fields), apiTexts: unique(texts) };
}

function readErrors(markdown) {
  return [...markdown.matchAll(/^## (\S+)\n\n\d+, “(.*?)”\. *(.*)$/gm)]
    .map(([, code, title, cure]) => ({ file: "errors", line: code, text: title, cure: cure.trim() }));
}

const readSettings = (markdown) =>
  [...markdown.matchAll(/^\| `([A-Z0-9_]+)` \|(.*)\|$/gm)]
    .map(([, name, row]) => ({ file: "settings", line: name, text: row.split(" | ").pop().trim() }));

const readHelp = (text) =>
  [...text.matchAll(/^ {2}([a-z][a-z-]*(?: [a-z][a-z-]*)?) +(\S.*)$/gm)]
    .map(([, name, summary]) => ({ file: "help", line: name, text: summary }));

const LOG_CALL = /\blog_(?:debug|info|warn|error)\(([\s\S]*?)(?:, *log_|\);)/g;

function readCode(files) {
  const logEvents = new Map(), subjects = [], paragraphs = [];
  const lineOf = (text, at) => text.slice(0, at).split("\n").length;
  for (const { file, text } of files) {
    for (const call of text.matchAll(LOG_CALL))
      for (const [, name] of call[1].matchAll(/"([a-z0-9_]+(?:\.[a-z0-9_]+)+)"/g))
        logEvents.set(name, { file, line: lineOf(text, call.index), text: name });
    for (const mail of text.matchAll(/\.subject =\s*([^;{}]*?"[^"]*")/g))
      for (const [, subject] of mail[1].matchAll(/"([^"]*)"/g))
        subjects.push({ file, line: lineOf(text, mail.index), text: subject });
    for (const mail of text.matchAll(/"Hello,",(?:\s*\/\*.*?\*\/)?\s*(?:arena_printf\([^"]*)?"([^"]*)"/g))
      paragraphs.push({ file, line: lineOf(text, mail.index), text: mail[1] });
  }
  return { logEvents: [...logEvents.values()], subjects, paragraphs };
}

function readTree(documents) {
  const document = (name) => readFileSync(join(documents, name), "utf8");
  const pages = tracked("README.md", "docs/*.md", "docs/runbooks/*.md")
    .filter((file) => !file.startsWith("docs/decisions/"))
    .map((file) => [file, readable(file)])
    .filter(([, text]) => text !== "" && !/^Generated by `ashlar/m.test(text.slice(0, 200)))
    .map(([file, text]) => readPage(file, text));
  const code = (files) => files.map((file) => readC(file, readable(file)));
  const headers = code(tracked("include/*.h"));
  const sources = code(tracked("src/*.[ch]", "modules/*.[ch]").filter((file) => !file.includes("/tests/")));
  return {
    ...readOpenapi(JSON.parse(document("openapi.json"))),
    errors: readErrors(document("errors.md")),
    settings: readSettings(document("config.md")),
    help: readHelp(document("help.txt")),
    pages, headers, sources,
    ...readCode(sources),
  };
}

const EMPTY = {
  operations: [], fields: [], apiTexts: [], errors: [], settings: [], help: [], pages: [], headers: [], sources: [],
  logEvents: [], subjects: [], paragraphs: [],
};

// --- The words of tests/arch/language_words.txt ---

function readWords() {
  return readFileSync(WORDS, "utf8").split("\n").filter((line) => line !== "" && !line.startsWith("#")).map((line) => {
    const [pattern, replacement, ...allowed] = line.split(" | ");
    if (!replacement) throw new Error(`${WORDS}: no replacement in: ${line}`);
    return {
      pattern: new RegExp(`\\b(?:${pattern})\\b`, "gi"), replacement,
      allowed: allowed.map((each) => new RegExp(each, "gi")),
    };
  });
}

const list = readWords();

function replaceable(items) {
  const places = [];
  for (const item of items)
    for (const { pattern, replacement, allowed } of list)
      for (const match of item.text.replace(/\s+/g, " ").matchAll(pattern)) {
        const covers = (span) => span.index <= match.index && match.index + match[0].length <= span.index + span[0].length;
        if (allowed.some((context) => [...match.input.matchAll(context)].some(covers))) continue;
        const around = match.input.slice(Math.max(0, match.index - 40), match.index + match[0].length + 40);
        places.push(place(item, `"${match[0]}" → ${replacement}: …${around}…`));
      }
  return places;
}

// --- Checks: each returns the places it counts, or a number with them ---

const place = (item, text) => `${item.file}:${item.line}: ${text ?? item.text}`;
const places = (items, test) => items.filter((item) => test(item.text)).map((item) => place(item));

const inSentences = (items, test) =>
  items.flatMap((item) => sentences(item.text).filter(test).map((sentence) => place(item, `(${wordCount(sentence)} words) ${sentence}`)));
const longer = (most) => (sentence) => wordCount(sentence) > most;
const comments = (files) => files.flatMap((file) => file.comments);
const count = (items, pattern) =>
  items.flatMap((item) => [...item.text.matchAll(pattern)].map((match) => place(item, item.text.slice(Math.max(0, match.index - 40), match.index + 40).replace(/\s+/g, " "))));

const VERBS = new Set(`Accept Acknowledge Adopt Alias Assign Cancel Change Complete Confirm Count Create Delete Discard Explain
  Export Get Identify Import Lift Link List Mark Reauthenticate Receive Redeliver Regenerate Remove Replay Request Resend Reset
  Resolve Restore Resume Retry Revoke Rotate Run Search Send Set Sign Start Stream Suspend Sync Track Undo Unsubscribe Update
  Upload`.split(/\s+/));
const QUESTION = /^(?:who|whom|whose|what|which|when|where|why|how)\b/i;
const HEADLESS = /^(?:who|whom|whose|what|whatever|which|when|where|why|how|for|of|in|into|at|by|to|from|with|without|since|until|under|after|before|on|out|if|as|between|its?|this|that|these|those|they|their|them|one|ones|the ones?|shall|is|are|may|does|do|has|not|nothing|nobody|everything|everybody)\b/i;
const NOBODY = /\b(?:somebody|nobody|whoever|everybody)(?:['’]s)?\b/gi;
const VAGUE = /\b(?:not acceptable|just now|any ?more|too often|once more|again who|wants?)\b|^(?:There|Prove|Nobody|Nothing|That|This|It|Some|Somebody|Sign in|Refused)\b/i;
const CURE = new Set(`Accept Add Archive Ask Call Cancel Change Check Choose Confirm Contact Correct Create Delete Disable Discard
  Enable Fetch Fix Follow Generate Give Include Increase Leave Limit List Lower Name Omit Open Pass Quote Read Reauthenticate
  Reduce Remove Repeat Replace Report Request Reset Resend Restore Resume Retry Revoke Select Send Set Sign Shorten Split Start
  Suspend Try Unsuspend Update Upgrade Upload Use Verify Wait`.split(/\s+/));
const PARTICIPLE = /(?:^|_)(?:\w+(?:ed|ing)|lost|sent|built|kept|held|left|found|shut|cut|set|unset|read|written|bound|begun|hung|stuck|broken|withdrawn|taken|given|overwritten|unread|put|run|split|spent|stolen|rewritten|chosen|known|unknown|hidden|met|full|ready|invalid|incomplete|\w+able)$/;
const NEGATIVE = /(?:^|[._])(?:no|not|cannot|too|bad)_/;
// A pronoun without its noun follows a mark, a preposition, a conjunction or a verb of saying.
const BARE = /(?:^|[,;:(.]\s*|\b(?:of|for|to|by|with|from|at|on|in|than|as|and|or|but|is|are|was|not|only|says?|tells?|told|knows?|sees?|asks?)\s+)(?:who|what)\b/gi;
const CLAUSE = /^(?:who|whom|whose|what|which|when|where|why|how|if|that|while)\b|\b(?:who|what|that|which|whose)\b/i;

function quantile(pages, share) {
  const counts = pages.flatMap((page) => page.blocks).flatMap((block) => sentences(block.text)).map(wordCount).sort((a, b) => a - b);
  return { value: counts[Math.floor(counts.length * share)] ?? 0, places: [] };
}

function semicolonsPer100(pages) {
  const blocks = pages.flatMap((page) => page.blocks);
  const found = count(blocks, /;/g);
  const total = blocks.flatMap((block) => sentences(block.text)).length;
  return { value: total === 0 ? 0 : Math.round((found.length * 100) / total), places: found };
}

const prose = (tree) => tree.pages.flatMap((page) => [...page.blocks, ...page.cells, ...page.headings]);
const blocks = (tree) => tree.pages.flatMap((page) => page.blocks);
const cures = (tree) => tree.errors.map((error) => ({ ...error, text: error.cure }));
const allCode = (tree) => [...tree.headers, ...tree.sources];

const page = (text) => ({ pages: [readPage("planted.md", text)] });
const c = (text) => [readC("planted.c", text)];
const one = (text, more) => [{ file: "planted", line: 1, text, ...more }];
const long = (n) => Array.from({ length: n }, (_, i) => `Word${i}`).join(" ") + ".";

// name: [what counts, a tree with exactly `planted` (default 1) of it]
const CHECKS = {
  summaries_without_imperative: [(t) => places(t.operations, (s) => !VERBS.has(s.split(" ")[0])), { operations: one("Say that a page was seen") }],
  summaries_over_60: [(t) => places(t.operations, (s) => s.length > 60), { operations: one("List " + "x".repeat(60)) }],
  summaries_with_clause_marks: [(t) => places(t.operations, (s) => /[;:]/.test(s)), { operations: one("Suspend a person: no session") }],
  summaries_with_one: [(t) => places(t.operations, (s) => /\b(?:one|one['’]s|oneself)\b/i.test(s)), { operations: one("Change one's name") }],
  summaries_with_nobody: [(t) => places(t.operations, (s) => /\b(?:somebody|nobody|everybody|whoever|everything)\b/i.test(s)), { operations: one("Get everything") }],
  summaries_begin_question: [(t) => places(t.operations, (s) => QUESTION.test(s) || /^Say\b/.test(s)), { operations: one("Who is signed in") }],
  summaries_with_full_stop: [(t) => places(t.operations, (s) => /\.$/.test(s)), { operations: one("List people.") }],
  operation_sentences_over_25: [(t) => inSentences(t.operations.map((o) => ({ ...o, text: plain(o.description) })), longer(25)), { operations: one("List people", { description: long(26) }) }],
  fields_begin_question: [(t) => places(t.fields, (s) => QUESTION.test(s)), { fields: one("Whose it is") }],
  fields_headless: [(t) => places(t.fields, (s) => HEADLESS.test(s)), { fields: one("Since when") }],
  fields_end_question: [(t) => places(t.fields, (s) => /\?\s*$/.test(s)), { fields: one("Shall it?") }],
  fields_of_two_words: [(t) => places(t.fields, (s) => wordCount(s) <= 2), { fields: one("May not") }],
  error_titles_over_8: [(t) => places(t.errors, (s) => wordCount(s) > 8), { errors: one("One two three four five six seven eight nine", { cure: "" }) }],
  error_titles_shared: [(t) => places(t.errors, (s) => t.errors.filter((e) => e.text === s).length > 1), { errors: [...one("Expired", { cure: "" }), ...one("Expired", { cure: "" })] }, 2],
  error_titles_vague: [(t) => places(t.errors, (s) => VAGUE.test(s)), { errors: one("Some fields are not acceptable", { cure: "" }) }],
  cure_sentences_over_20: [(t) => inSentences(cures(t), longer(20)), { errors: one("Expired", { cure: long(21) }) }],
  cures_without_imperative: [(t) => places(cures(t), (s) => !CURE.has(plain(s).split(/[ ,:]/)[0])), { errors: one("Expired", { cure: "It opens nothing." }) }],
  docs_median_words: [(t) => quantile(t.pages, 0.5), page(`${long(40)}`), 40],
  docs_p90_words: [(t) => quantile(t.pages, 0.9), page(`${long(41)}`), 41],
  docs_over_25: [(t) => inSentences(blocks(t), longer(25)), page(long(26))],
  docs_over_35: [(t) => inSentences(blocks(t), longer(35)), page(long(36))],
  docs_semicolons_per_100: [(t) => semicolonsPer100(t.pages), page("One; two; three."), 200],
  docs_nobody: [(t) => count(prose(t), NOBODY), page("# A page\n\nNobody's.\n\n| whoever |\n"), 2],
  docs_clause_headings: [(t) => t.pages.flatMap((p) => p.headings).filter((h) => CLAUSE.test(h.text)).map((h) => place(h)), page("## What is written down\n")],
  docs_words: [(t) => replaceable(prose(t)), page("It is answered at once.\n"), 2],
  glossary_terms: [(t) => t.pages.filter((p) => p.file.endsWith("glossary.md")).flatMap((p) => p.cells.slice(1)).map((cell) => place(cell)),
    { pages: [readPage("glossary.md", "| Term | Definition |\n|---|---|\n| arena | Memory |\n")] }],
  docs_spelling: [(t) => count(prose(t), /\b(?:organi[z]ation|catalogs?|behavior|authori[z]e\w*|recogni[z]e\w*|canceled|color)\b/gi), page("An organization, `organization`.\n")],
  openapi_words: [(t) => replaceable(t.apiTexts), { apiTexts: one("Whatever is told") }, 2],
  errors_words: [(t) => replaceable([...t.errors, ...cures(t)]), { errors: one("Too many tries", { cure: "Decide anew." }) }, 2],
  headers_over_25: [(t) => inSentences(comments(t.headers), longer(25)), { headers: c(`/* ${long(26)}\n * ROW  ${long(24)}\n */`) }],
  headers_semicolons: [(t) => count(comments(t.headers), /;/g), { headers: c("/* One; two */ int x;") }],
  sources_over_25: [(t) => inSentences(comments(t.sources), longer(25)), { sources: c(`// ${long(26)}`) }],
  sources_bare_who: [(t) => count(comments(t.sources), BARE), { sources: c("/* For who waits, what it missed; a person who waits. */") }, 2],
  code_nobody: [(t) => count(allCode(t).flatMap((f) => [...f.comments, ...f.strings]), NOBODY), { headers: c("/* Nobody. */ int nobody;"), sources: c('f("somebody")') }, 2],
  code_knows_no: [(t) => count(comments(allCode(t)), /\bKnows? (?:no|nothing)\b/gi), { sources: c("/* Rows. Knows no route. */") }],
  log_events_without_participle: [(t) => places(t.logEvents, (s) => !PARTICIPLE.test(s.split(".").pop())), readCode(c('log_warn(c, on ? "planted.away" : "planted.lost", log_int("n", 1));'))],
  log_events_negative: [(t) => places(t.logEvents, (s) => NEGATIVE.test(s)), readCode(c('log_error(c, "planted.no_memory");'))],
  settings_begin_question: [(t) => places(t.settings, (s) => QUESTION.test(s)), { settings: one("Who takes the money") }],
  settings_over_30: [(t) => places(t.settings, (s) => wordCount(s) > 30), { settings: one(long(31)) }],
  help_over_60: [(t) => places(t.help, (s) => s.length > 60), { help: readHelp(`usage\n\n  serve        ${"x".repeat(61)}\n  jobs show    Show a job\n`) }],
  mail_subjects_with_bare_address: [(t) => places(t.subjects, (s) => /(?<!\bemail )\baddress\b/i.test(s)), readCode(c('.subject = arena_printf(a, "Confirm your address for %s", p), .x = "address"'))],
  mail_bodies_in_lower_case: [(t) => places(t.paragraphs, (s) => /^\p{Ll}/u.test(s)), readCode(c('"Hello,", /* no name */\n arena_printf(c->arena,\n "somebody signed up"'))],
};

const CORPORA = ["operations", "fields", "apiTexts", "errors", "settings", "help", "pages", "headers", "sources", "logEvents", "subjects", "paragraphs"];

function run(name, tree) {
  const found = CHECKS[name][0](tree);
  return Array.isArray(found) ? { value: found.length, places: found } : found;
}

// --- The test ---

function readCounts() {
  const held = new Map();
  for (const line of readFileSync(COUNTS, "utf8").split("\n")) {
    if (line === "" || line.startsWith("#")) continue;
    const [name, most, target] = line.split(/\s+/);
    if (!/^\d+$/.test(most) || !/^\d+$/.test(target)) throw new Error(`${COUNTS}: not "name count target": ${line}`);
    held.set(name, { most: Number(most), target: Number(target) });
  }
  return held;
}

function judge(name, { value, places: found }, held) {
  if (!held) return [`${name} is not in ${COUNTS}`];
  if (held.most < held.target) return [`${name}: ${COUNTS} has ${held.most}, below the target ${held.target}: write the target`];
  if (value > held.most)
    return [`${name}: ${value}, at most ${held.most} in ${COUNTS}`, ...found.slice(0, SHOWN).map((each) => `    ${each}`),
      ...(found.length > SHOWN ? [`    … and ${found.length - SHOWN} more: tests/arch/language BUILD list ${name}`] : [])];
  const lowest = Math.max(value, held.target);
  return lowest < held.most ? [`${name}: lower the number in ${COUNTS} from ${held.most} to ${lowest} (tests/arch/language BUILD lower)`] : [];
}

let failed = false;
function rule(title, breaches) {
  console.log(`[ RUN      ] ${title}`);
  if (breaches.length > 0) { console.log(breaches.join("\n")); failed = true; }
  console.log(breaches.length > 0 ? `[  FAILED  ] ${title}` : `[       OK ] ${title}`);
}

function plantedBreaches() {
  return Object.entries(CHECKS).flatMap(([name, [, planted, expected = 1]]) => {
    const { value } = run(name, { ...EMPTY, ...planted });
    const clean = run(name, EMPTY).value;
    return value === expected && clean === 0 ? [] : [`${name}: counts ${value} where ${expected} are planted, ${clean} in nothing`];
  });
}

function ratchetBreaches() {
  const verdict = (value, most, target) => judge("x", { value, places: [] }, { most, target }).join();
  const wanted = [[verdict(3, 2, 0), "at most 2"], [verdict(1, 2, 0), "lower the number"], [verdict(2, 2, 0), ""],
    [verdict(1, 5, 5), ""], [verdict(6, 5, 5), "at most 5"], [verdict(3, 6, 5), "to 5"], [verdict(1, 1, 2), "below the target"]];
  return wanted.filter(([said, want]) => (want === "" ? said !== "" : !said.includes(want))).map(([said, want]) => `"${said}", not "${want}"`);
}

const [documents, command, which] = process.argv.slice(2);
const tree = readTree(documents);

if (command === "list") {
  if (!CHECKS[which]) { console.error(`no check ${which}; there are: ${Object.keys(CHECKS).join(" ")}`); process.exit(2); }
  const { value, places: found } = run(which, tree);
  console.log([...found, `${which}: ${value}`].join("\n"));
} else if (command === "lower") {
  const held = readCounts();
  const lines = readFileSync(COUNTS, "utf8").split("\n").map((line) => {
    const name = line.split(" ")[0], each = held.get(name);
    return each && CHECKS[name] ? `${name} ${Math.min(each.most, Math.max(run(name, tree).value, each.target))} ${each.target}` : line;
  });
  writeFileSync(COUNTS, lines.join("\n"));
} else if (command) {
  console.error("list CHECK, or lower");
  process.exit(2);
} else {
  const held = readCounts();
  rule("each check of the language counts what is planted", plantedBreaches());
  rule("a count of the language may only fall", ratchetBreaches());
  rule("the checks of the language find something to look at", CORPORA.filter((name) => tree[name].length === 0).map((name) => `found no ${name}`));
  rule("no line of language.txt is without its check", [...held.keys()].filter((name) => !CHECKS[name]));
  for (const name of Object.keys(CHECKS)) rule(`language: ${name.replaceAll("_", " ")}`, judge(name, run(name, tree), held.get(name)));
  process.exit(failed ? 1 : 0);
}
