// redis-server, without persistence.
import { programPath } from '../program.js';
import { createFolder, freePort, type RunningServer, startServer } from './server-process.js';

/** Options of {@link startRedis}. */
export interface RedisOptions {
  /** @defaultValue a free one */
  readonly port?: number;
  readonly password?: string;
}

/** Starts redis-server on 127.0.0.1. */
export async function startRedis(options: RedisOptions = {}): Promise<RunningServer> {
  const port = options.port ?? (await freePort());
  const folder = createFolder('redis');
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder];
  args.push('--save', '', '--appendonly', 'no', '--daemonize', 'no');
  if (options.password !== undefined) args.push('--requirepass', options.password);
  return startServer({ file: programPath('redis-server'), args, folder, port });
}
