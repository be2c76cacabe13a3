// GET /v1/me as a lean Node.js service would do it: fastify with a response schema, pg with named
// (prepared) statements, a cluster of two. Its job is easier than Ashlar's: a role that row security
// does not fence, so no settings and no transaction; no request id, no security headers, no limits.
import cluster from "node:cluster";
import fastify from "fastify";
import pg from "pg";

const WORKERS = 2;
const CONNECTIONS_PER_WORKER = 4;

// The statements come from Ashlar's .sql files. How a token becomes its hash is Ashlar's secret, so
// the one token that is asked with comes with its hash.
const { PORT, DATABASE_URL, IDENTITY, PERSON, TOKEN, TOKEN_HASH } = process.env;
const hashes = new Map([[TOKEN, Buffer.from(TOKEN_HASH, "hex")]]);

const text = { type: "string" };
const me = {
  type: "object",
  properties: { id: text, name: text, email: text, locale: text, created_at: text },
};

async function findPerson(pool, token) {
  const hash = hashes.get(token);
  if (!hash) return undefined;
  const who = await pool.query({ name: "identity", text: IDENTITY, values: [hash] });
  if (who.rowCount === 0) return undefined;
  const found = await pool.query({ name: "person", text: PERSON, values: [who.rows[0].person_id] });
  return found.rows[0];
}

async function serve() {
  const pool = new pg.Pool({ connectionString: DATABASE_URL, max: CONNECTIONS_PER_WORKER });
  const app = fastify({ logger: false });
  app.get("/v1/me", { schema: { response: { 200: me } } }, async (request, reply) => {
    const token = request.headers.authorization?.replace(/^Bearer /, "");
    const person = await findPerson(pool, token);
    return person ?? reply.code(401).send({ error: "unauthenticated" });
  });
  await app.listen({ port: Number(PORT), host: "127.0.0.1" });
}

if (cluster.isPrimary) {
  for (let i = 0; i < WORKERS; i++) cluster.fork();
  process.on("SIGTERM", () => {
    for (const worker of Object.values(cluster.workers)) worker.kill("SIGTERM");
    process.exit(0);
  });
} else {
  await serve();
}
