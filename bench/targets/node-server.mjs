// Starts one of the hand-made servers, around a package or a module of Node's.
import { fileURLToPath } from 'node:url';
import { certificateFiles, keyTypeOf } from '../lib/certificate.mjs';
import { accepting, freePort, spawnOn } from '../lib/children.mjs';

export async function startNodeServer({ core, protocol, members }, name) {
  const port = await freePort();
  const file = fileURLToPath(new URL(`./servers/${name}.cjs`, import.meta.url));
  const child = spawnOn(core, [
    process.execPath,
    file,
    String(port),
    ...argumentsOf(protocol, members),
  ]);
  await accepting(child, port);
  return { child, port };
}

/** What it is for: a certificate of its own, or members. */
function argumentsOf(protocol, members) {
  const keyType = keyTypeOf(protocol);
  if (keyType === undefined) return [members.join(',')];
  const { cert, key } = certificateFiles(keyType);
  return [cert, key];
}
