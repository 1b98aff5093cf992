// OpenLDAP's slapd without a database: its root entry is all it serves.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { programPath } from '../program.js';
import { createFolder, freePort, type RunningServer, startServer } from './server-process.js';

/** Options of {@link startSlapd}. */
export interface SlapdOptions {
  /** @defaultValue a free one */
  readonly port?: number;
  /** Whether clients without a name may bind. @defaultValue true */
  readonly anonymous?: boolean;
}

/** Starts slapd on 127.0.0.1. */
export async function startSlapd(options: SlapdOptions = {}): Promise<RunningServer> {
  const port = options.port ?? (await freePort());
  const folder = createFolder('slapd');
  const config = path.join(folder, 'slapd.conf');
  const lines = [`pidfile ${folder}/slapd.pid`, `argsfile ${folder}/slapd.args`];
  if (options.anonymous === false) lines.push('disallow bind_anon');
  writeFileSync(config, `${lines.join('\n')}\n`);
  const url = `ldap://127.0.0.1:${port}`;
  // `-d 0` keeps it in the foreground.
  const args = ['-f', config, '-h', url, '-d', '0'];
  return startServer({ file: programPath('slapd'), args, folder, port });
}
