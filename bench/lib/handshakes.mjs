// openssl s_time: nothing but handshakes, each of them full, one after the other.
import { runOn } from './children.mjs';

/** Shakes hands with a server for some seconds, `clients` at a time. @returns {Promise<{handshakes: number}>} */
export async function runHandshakes(core, { port, seconds, clients }) {
  const command = ['openssl', 's_time', '-connect', `127.0.0.1:${port}`, '-new', '-time'];
  const outputs = await Promise.all(
    Array.from({ length: clients }, () => runOn(core, [...command, String(seconds)])),
  );
  const counts = outputs.map((output) => /^(\d+) connections in \d+ real seconds/m.exec(output));
  if (counts.includes(null)) throw new Error(`s_time gave no result\n${outputs.join('\n')}`);
  return { handshakes: counts.reduce((sum, [, count]) => sum + Number(count), 0) };
}
