// Datagrams there and back.

import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort, runOn, spawnOn } from '../lib/children.mjs';
import { withCpu } from '../lib/cpu-time.mjs';

const loadFile = (name) => fileURLToPath(new URL(`../load/${name}`, import.meta.url));

export function udpRow(name, title, bytes) {
  return {
    name,
    title,
    protocol: 'udp',
    targets: ['evenkeel', 'nginx'],
    baseline: 'nginx',
    steer: 'cpuUs',
    columns: {
      cpuUs: 'CPU us/exchange',
      perSecond: 'exchanges/s',
      residentMiB: 'RSS MiB',
      errors: 'lost',
    },
    async prepare({ load }) {
      const port = await freePort();
      const child = spawnOn(load, [process.execPath, loadFile('udp-echo.mjs'), String(port)]);
      while (!child.log.includes('ready') && child.exitCode === null) await sleep(20);
      return { child, ports: [port] };
    },
    async measure({ child, port, cores, seconds }) {
      const command = [process.execPath, loadFile('udp-load.mjs'), port, bytes, seconds].map(
        String,
      );
      const result = await withCpu(child, async () => JSON.parse(await runOn(cores.load, command)));
      return {
        cpuUs: result.cpuNs / 1000 / result.answers,
        perSecond: result.answers / result.seconds,
        residentMiB: result.residentMiB,
        errors: result.lost,
      };
    },
  };
}
