// HAProxy with a configuration of the test's own.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { programPath } from '../program.js';
import { createFolder, type RunningServer, startServer } from './server-process.js';

/** Starts HAProxy in the foreground; it is ready when 127.0.0.1:`port` accepts. Take ports from `freePort`. */
export async function startHaproxy(config: string, port: number): Promise<RunningServer> {
  const folder = createFolder('haproxy');
  const file = path.join(folder, 'haproxy.cfg');
  writeFileSync(file, config);
  return startServer({ file: programPath('haproxy'), args: ['-db', '-f', file], folder, port });
}
