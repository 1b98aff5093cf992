// wrk, told to answer in JSON.
import { fileURLToPath } from 'node:url';
import { runOn } from './children.mjs';

const script = fileURLToPath(new URL('../load/request.lua', import.meta.url));

/**
 * Loads an HTTP server for some seconds. `cookie`: what clients bring in place of a session.
 * @returns {Promise<{requests: number, bytes: number, seconds: number, p99Ms: number, errors: number}>}
 */
export async function runWrk(
  core,
  { scheme = 'http', port, path, seconds, connections, close = false, cookie },
) {
  const output = await runOn(core, [
    'wrk',
    '--threads=1',
    `--connections=${connections}`,
    `--duration=${seconds}s`,
    `--script=${script}`,
    `${scheme}://127.0.0.1:${port}${path}`,
    '--',
    close ? 'close' : 'keep-alive',
    ...(cookie === undefined ? [] : [cookie]),
  ]);
  const line = output.split('\n').find((text) => text.startsWith('{'));
  if (line === undefined) throw new Error(`wrk gave no result\n${output}`);
  return JSON.parse(line);
}
