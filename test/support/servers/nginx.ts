// nginx with server blocks of the test's own.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { programPath } from '../program.js';
import { createFolder, type RunningServer, startServer } from './server-process.js';

/** Starts nginx, one worker, in the foreground; `http` is what stands inside its http block. Take ports from `freePort`. */
export async function startNginx(http: string, port: number): Promise<RunningServer> {
  const folder = createFolder('nginx');
  const file = path.join(folder, 'nginx.conf');
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${folder}/${name};`)
    .join(' ');
  writeFileSync(
    file,
    `daemon off; ${process.getuid?.() === 0 ? 'user root;' : ''} worker_processes 1; pid ${folder}/nginx.pid; error_log stderr;
events { worker_connections 1024; }
http { access_log off; ${temporary}
${http}
}
`,
  );
  const args = ['-p', folder, '-e', 'stderr', '-c', file];
  return startServer({ file: programPath('nginx'), args, folder, port });
}
