// PostgreSQL with a cluster of its own; user `postgres`, database `postgres`, no passwords unless asked.
import { realpathSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { programPath } from '../program.js';
import {
  createFolder,
  freePort,
  type RunningServer,
  runOnce,
  startServer,
} from './server-process.js';

/** Options of {@link startPostgres}. */
export interface PostgresOptions {
  /** @defaultValue a free one */
  readonly port?: number;
  /** How logins are checked; with scram the password of `postgres` is `evenkeel`. @defaultValue 'trust' */
  readonly auth?: 'trust' | 'scram-sha-256';
  /** @defaultValue 100 */
  readonly maxConnections?: number;
}

/** Starts a PostgreSQL server on 127.0.0.1; takes a second or two. */
export async function startPostgres(options: PostgresOptions = {}): Promise<RunningServer> {
  const port = options.port ?? (await freePort());
  const folder = createFolder('postgres', true);
  const data = path.join(folder, 'data');
  const postgres = realpathSync(programPath('postgres'));
  const initdb = path.join(path.dirname(postgres), 'initdb');
  await runOnce(
    initdb,
    [
      '-D',
      data,
      '-U',
      'postgres',
      '--auth',
      options.auth ?? 'trust',
      '--locale=C',
      '-E',
      'UTF8',
      '--no-sync',
      ...passwordArguments(options, folder),
    ],
    folder,
  );
  const settings = {
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: folder,
    fsync: 'off',
    max_connections: options.maxConnections ?? 100,
    shared_buffers: '16MB',
  };
  const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  return startServer({
    file: postgres,
    args: ['-D', data, ...args],
    folder,
    port,
    unprivileged: true,
    isReady: () => isReady(path.dirname(postgres), port),
  });
}

/** initdb wants a password for the first user when logins need one. */
function passwordArguments(options: PostgresOptions, folder: string): string[] {
  if (options.auth !== 'scram-sha-256') return [];
  const file = path.join(folder, 'password');
  writeFileSync(file, 'evenkeel\n');
  return [`--pwfile=${file}`];
}

async function isReady(bin: string, port: number): Promise<boolean> {
  try {
    await runOnce(path.join(bin, 'pg_isready'), ['-q', '-h', '127.0.0.1', '-p', String(port)], '/');
    return true;
  } catch {
    return false;
  }
}
