// Starts one of the hand-made servers around a package.
import { fileURLToPath } from 'node:url';
import { accepting, freePort, spawnOn } from '../lib/children.mjs';

export async function startNodeServer({ core, members }, name) {
  const port = await freePort();
  const file = fileURLToPath(new URL(`./servers/${name}.cjs`, import.meta.url));
  const child = spawnOn(core, [process.execPath, file, String(port), members.join(',')]);
  await accepting(child, port);
  return { child, port };
}
