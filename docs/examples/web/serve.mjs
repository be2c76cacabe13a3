// A static server for this folder, in development only: node docs/examples/web/serve.mjs [PORT]
// Paths without a file get index.html, so that mailed links open the page. ASHLAR_API names the API.
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';

const folder = import.meta.dirname ?? new URL('.', import.meta.url).pathname;
const port = Number(process.argv[2] ?? 5173);
const api = process.env.ASHLAR_API ?? 'http://localhost:8080';
const files = new Set(['/index.html', '/app.js', '/api.js', '/billing.js', '/inbox.js', '/style.css']);
const types = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };

const server = createServer(async (request, reply) => {
  const { pathname } = new URL(request.url, 'http://localhost');
  const file = files.has(pathname) ? pathname : '/index.html';
  let body = await readFile(join(folder, file), 'utf8');
  if (file === '/index.html') body = body.replace('http://localhost:8080', api);
  reply.writeHead(200, {
    'Content-Type': `${types[extname(file)]}; charset=utf-8`,
    'Content-Security-Policy': `default-src 'self'; connect-src ${api}`,
    'Referrer-Policy': 'no-referrer',
    'Cache-Control': 'no-store',
  });
  reply.end(body);
});
server.on('error', (error) => {
  console.error(error.code === 'EADDRINUSE'
    ? `port ${port} is taken; another: node serve.mjs ${port + 1}` : error.message);
  process.exit(1);
});
server.listen(port, '127.0.0.1', () => console.log(`http://localhost:${port} (API at ${api})`));
