// Nothing but full TLS 1.3 handshakes, one after the other.
import { fileURLToPath } from 'node:url';
import { runOn } from './children.mjs';

const LOAD = fileURLToPath(new URL('../load/handshakes.mjs', import.meta.url));

/** Shakes hands with a server for some seconds, `clients` at a time. @returns {Promise<{handshakes: number}>} */
export async function runHandshakes(core, { port, seconds, clients }) {
  const command = [process.execPath, LOAD, ...[port, seconds, clients].map(String)];
  return JSON.parse(await runOn(core, command));
}
