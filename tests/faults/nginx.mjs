// nginx with deploy/nginx.conf: only addresses, certificates and folders are other ones.
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync, mkdtempSync, rmSync, openSync } from 'node:fs';
import path from 'node:path';
import { root, logs, call, sleep, ended, finally_, freePort, runtime, expect } from './rig.mjs';

function replaced(text, from, to) {
    expect(from.test(text), `deploy/nginx.conf has no ${from}`);
    return text.replace(from, to);
}

function configuration(folder, port, upstreams) {
    let text = readFileSync(path.join(root, 'deploy/nginx.conf'), 'utf8');
    text = replaced(text, /^user .*$/m, 'daemon off;');
    text = replaced(text, /^worker_processes .*$/m, 'worker_processes 1;');
    text = replaced(text, /^worker_rlimit_nofile .*$/m, '');
    text = replaced(text, /^pid .*$/m, `pid ${folder}/pid;`);
    text = replaced(text, /^error_log .*$/m, `error_log ${folder}/error.log warn;`);
    text = replaced(
        text,
        /^http \{$/m,
        ['http {', ...['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${folder}/${kind};`)].join('\n'),
    );
    text = replaced(text, /^ *include \/etc\/nginx\/mime.types;$/m, '');
    // The first two servers redirect and refuse by certificate: without TLS there is one.
    text = replaced(text, /\n {4}server \{\n {8}listen 80 default_server;[\s\S]*?\n {4}\}\n/, '\n');
    text = replaced(text, /\n {4}# A Host that[\s\S]*?\n {4}\}\n/, '\n');
    text = replaced(text, /listen 443 ssl http2;/, `listen 127.0.0.1:${port};`);
    text = replaced(text, /^ *listen \[::\]:443 ssl http2;$/m, '');
    text = replaced(text, /server_name api\.example\.com;/, 'server_name localhost;');
    text = text.replace(/^ *ssl_.*$/gm, '');
    text = replaced(text, /^ *limit_conn per_address 50;$/m, '        limit_conn per_address 500;');
    return replaced(
        text,
        /^ *server 127\.0\.0\.1:8080 max_fails=0;$/m,
        upstreams.map((at) => `server 127.0.0.1:${at} max_fails=0;`).join('\n'),
    );
}

export async function startNginx(upstreams) {
    const folder = mkdtempSync('/tmp/ashlar-nginx-');
    const port = await freePort();
    writeFileSync(`${folder}/nginx.conf`, configuration(folder, port, upstreams));
    const out = openSync(path.join(logs, `faults-${runtime}-nginx.log`), 'w');
    const child = spawn('nginx', ['-p', folder, '-e', `${folder}/error.log`, '-c', `${folder}/nginx.conf`], {
        stdio: ['ignore', out, out],
        env: { PATH: `${process.env.PATH}:/usr/sbin` },
    });
    finally_(async () => {
        child.kill('SIGTERM');
        await ended(child);
        rmSync(folder, { recursive: true, force: true });
    });
    for (let i = 0; i < 100; i++) {
        if ((await call(port, 'GET', '/livez')).status !== 0) break;
        expect(child.exitCode === null, 'nginx does not start: see var/test/faults-*-nginx.log');
        await sleep(50);
    }
    return { port, child, errors: () => readFileSync(`${folder}/error.log`, 'utf8') };
}
