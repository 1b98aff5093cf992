// MariaDB with a data directory of its own; users `root` and `evenkeel` without passwords.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { programPath } from '../program.js';
import {
  createFolder,
  freePort,
  type RunningServer,
  runOnce,
  startServer,
} from './server-process.js';

/** Options of {@link startMariadb}. */
export interface MariadbOptions {
  /** @defaultValue a free one */
  readonly port?: number;
  /** Statements run at the start, one per line. */
  readonly init?: readonly string[];
  /** More command line options. */
  readonly args?: readonly string[];
}

/** Starts mariadbd on 127.0.0.1; takes a few seconds. */
export async function startMariadb(options: MariadbOptions = {}): Promise<RunningServer> {
  const port = options.port ?? (await freePort());
  const folder = createFolder('mariadb', true);
  const data = path.join(folder, 'data');
  await runOnce(
    'mariadb-install-db',
    [
      '--no-defaults',
      `--datadir=${data}`,
      '--auth-root-authentication-method=normal',
      '--skip-test-db',
    ],
    folder,
  );
  const init = path.join(folder, 'init.sql');
  writeFileSync(init, ["CREATE USER 'evenkeel'@'%';", ...(options.init ?? []), ''].join('\n'));
  return startServer({
    file: programPath('mariadbd'),
    args: [
      '--no-defaults',
      `--datadir=${data}`,
      `--port=${port}`,
      '--bind-address=127.0.0.1',
      `--socket=${path.join(folder, 'm.sock')}`,
      `--pid-file=${path.join(folder, 'm.pid')}`,
      `--init-file=${init}`,
      '--innodb-buffer-pool-size=16M',
      '--innodb-flush-log-at-trx-commit=0',
      ...(options.args ?? []),
    ],
    folder,
    port,
    unprivileged: true,
  });
}
