// HAProxy with one thread, as close to evenkeel's defaults as it can be.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { certificateFiles, keyTypeOf } from '../lib/certificate.mjs';
import { accepting, folder, freePort, spawnOn } from '../lib/children.mjs';
import { HAPROXY_BACKEND, HAPROXY_FRONTEND, HAPROXY_TABLE } from './features.mjs';

export async function startHaproxy({ core, protocol, members, bufferBytes }) {
  const isFull = protocol === 'http-full';
  const keyType = keyTypeOf(protocol);
  const mode = isFull || protocol === 'h2c' || keyType !== undefined ? 'http' : protocol;
  const alpn = protocol === 'https-h2' ? ' alpn h2' : '';
  const bindOptions =
    keyType === undefined ? '' : ` ssl crt ${certificateFiles(keyType).bundle}${alpn}`;
  const port = await freePort();
  const file = path.join(folder, `haproxy-${port}.cfg`);
  writeFileSync(
    file,
    `global
  nbthread 1
  maxconn 10500
  no strict-limits
  ${bufferBytes === undefined ? '' : `tune.bufsize ${bufferBytes}`}
defaults
  mode ${mode}
  timeout connect 5s
  timeout client 300s
  timeout server 300s
  timeout http-keep-alive 300s
  timeout http-request 10s
  option redispatch 1
  retries 3
frontend front
  bind 127.0.0.1:${port} backlog 4096${protocol === 'h2c' ? ' proto h2' : bindOptions}
  ${mode === 'http' ? 'option forwardfor' : ''}${isFull ? HAPROXY_FRONTEND : ''}
  default_backend members
backend members
  balance roundrobin
  ${mode === 'http' ? 'http-reuse safe' : ''}
${isFull ? HAPROXY_BACKEND : ''}
${members.map((member, i) => `  server m${i + 1} 127.0.0.1:${member} check inter 5s${isFull ? ` cookie m${i + 1}` : ''}`).join('\n')}
${isFull ? HAPROXY_TABLE : ''}
`,
  );
  const child = spawnOn(core, ['haproxy', '-db', '-f', file]);
  await accepting(child, port);
  return { child, port };
}
