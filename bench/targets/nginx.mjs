// nginx with one process.
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { certificateFiles, keyTypeOf } from '../lib/certificate.mjs';
import { accepting, folder, freePort, spawnOn } from '../lib/children.mjs';

/** Debian keeps the stream module in a file of its own. */
const STREAM_MODULE = '/usr/lib/nginx/modules/ngx_stream_module.so';

export async function startNginx({ core, protocol, members }) {
  const port = await freePort();
  const file = path.join(folder, `nginx-${port}.conf`);
  const isHttp = protocol.startsWith('http') || protocol === 'h2c';
  const servers = members.map((member) => `server 127.0.0.1:${member};`).join(' ');
  writeFileSync(
    file,
    `${!isHttp && existsSync(STREAM_MODULE) ? `load_module ${STREAM_MODULE};` : ''}
daemon off; master_process off; pid ${folder}/nginx-${port}.pid; error_log stderr crit;
worker_rlimit_nofile 20000;
events { worker_connections 19000; }
${isHttp ? http(port, servers, protocol) : stream(port, servers, protocol)}
`,
  );
  const child = spawnOn(core, ['nginx', '-e', 'stderr', '-p', folder, '-c', file]);
  if (protocol !== 'udp') await accepting(child, port);
  return { child, port };
}

function http(port, servers, protocol) {
  const keyType = keyTypeOf(protocol);
  const listens = `${keyType === undefined ? '' : ' ssl'}${protocol.includes('h2') ? ' http2' : ''}`;
  return `http {
  access_log off; keepalive_timeout 300s; keepalive_requests 100000000; proxy_max_temp_file_size 0;
  client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi; uwsgi_temp_path ${folder}/uwsgi; scgi_temp_path ${folder}/scgi;
  upstream members { ${servers} keepalive 128; keepalive_requests 100000000; }
  server {
    listen 127.0.0.1:${port} backlog=4096${listens};
    ${keyType === undefined ? '' : certificate(certificateFiles(keyType))}
    location / {
      proxy_pass http://members; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_set_header Host $http_host; proxy_set_header X-Forwarded-For $remote_addr;
    }
  }
}`;
}

function certificate({ cert, key }) {
  return `ssl_certificate ${cert}; ssl_certificate_key ${key}; ssl_protocols TLSv1.2 TLSv1.3;`;
}

function stream(port, servers, protocol) {
  const udp = protocol === 'udp' ? ' udp' : '';
  const backlog = protocol === 'udp' ? '' : ' backlog=4096';
  return `stream {
  upstream members { ${servers} }
  server { listen 127.0.0.1:${port}${udp}${backlog}; proxy_pass members; proxy_buffer_size 64k; proxy_timeout 300s; }
}`;
}
