// evenkeel as its users start it: the CLI with a spec file, every default feature on.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { certificateFiles, keyTypeOf } from '../lib/certificate.mjs';
import { folder, spawnOn } from '../lib/children.mjs';
import { FRONTEND, POOL } from './features.mjs';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

/** Rows whose name is not the protocol. */
const PROTOCOLS = {
  h2c: { protocol: 'http', http2: { cleartext: true } },
  'http-full': { protocol: 'http', ...FRONTEND },
};

function protocolFields(protocol) {
  const keyType = keyTypeOf(protocol);
  if (keyType === undefined) return PROTOCOLS[protocol] ?? { protocol };
  const { cert, key } = certificateFiles(keyType);
  return { protocol: 'https', tls: { certificates: [{ cert, key }] } };
}

export async function startEvenkeel({ core, protocol, members }) {
  const spec = {
    name: 'bench',
    frontends: [
      {
        name: 'front',
        ...protocolFields(protocol),
        bind: ['127.0.0.1:0'],
        pool: 'members',
      },
    ],
    pools: [
      {
        name: 'members',
        members: members.map((port, i) => ({ name: `m${i + 1}`, address: `127.0.0.1:${port}` })),
        health: protocol === 'udp' ? 'none' : 'tcp:5s',
        ...(protocol === 'http-full' ? POOL : {}),
      },
    ],
  };
  const file = path.join(folder, `evenkeel-${protocol}-${members.join('-')}.json`);
  writeFileSync(file, JSON.stringify(spec));
  const main = process.env.EVENKEEL_BENCH_MAIN ?? MAIN;
  const child = spawnOn(core, [process.execPath, main, 'run', file, '--json']);
  return { child, port: await listeningPort(child) };
}

/** The port from the first line the CLI prints. */
async function listeningPort(child) {
  for (let attempt = 0; attempt < 200 && child.exitCode === null; attempt++) {
    const line = child.log.split('\n').find((text) => text.includes('"listening"'));
    if (line !== undefined) return JSON.parse(line).frontends.front[0].port;
    await sleep(50);
  }
  throw new Error(`evenkeel does not listen; was it built? (npm run build)\n${child.log}`);
}
