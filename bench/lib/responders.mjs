// The members behind every candidate: C programs on the load's core, so that they are not what is measured.
import { truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { accepting, folder, freePort, spawnOn } from './children.mjs';

/** Two members that answer every request with 1 KiB from memory: HAProxy. */
export async function startSmallResponder(core) {
  const ports = [await freePort(), await freePort()];
  const body = path.join(folder, 'body-1k');
  writeFileSync(body, 'x'.repeat(1024));
  const file = path.join(folder, 'responder.cfg');
  writeFileSync(
    file,
    `global
  nbthread 1
  maxconn 10500
  no strict-limits
defaults
  mode http
  timeout client 300s
  timeout server 300s
  timeout connect 5s
  timeout http-keep-alive 300s
frontend members
${ports.map((port) => `  bind 127.0.0.1:${port} backlog 4096`).join('\n')}
  http-request return status 200 content-type application/octet-stream file ${body}
`,
  );
  const child = spawnOn(core, ['haproxy', '-db', '-f', file]);
  for (const port of ports) await accepting(child, port);
  return { child, ports, path: '/' };
}

/** Two members that send a file of zeros by sendfile: nginx. */
export async function startFileResponder(core, name, bytes) {
  const ports = [await freePort(), await freePort()];
  const file = path.join(folder, name);
  writeFileSync(file, '');
  truncateSync(file, bytes);
  const config = path.join(folder, `${name}.conf`);
  writeFileSync(
    config,
    `daemon off; master_process off; pid ${folder}/${name}.pid; error_log stderr crit;
worker_rlimit_nofile 20000;
events { worker_connections 12000; }
http {
  access_log off; sendfile on; keepalive_timeout 300s; keepalive_requests 100000000;
  ${ports.map((port) => `server { listen 127.0.0.1:${port} backlog=4096; root ${folder}; }`).join('\n  ')}
}
`,
  );
  const child = spawnOn(core, ['nginx', '-e', 'stderr', '-p', folder, '-c', config]);
  for (const port of ports) await accepting(child, port);
  return { child, ports, path: `/${name}` };
}
