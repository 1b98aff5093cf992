// evenkeel as its users start it: one process for a host, which balances and elects.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ADDRESS, PORT } from './network.mjs';
import { startIn } from './processes.mjs';

const PROGRAM =
  process.env.EVENKEEL_BENCH_MAIN ??
  fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const HA_PORT = 7946;

/** @type {import('./contender.mjs').Contender} */
export const evenkeel = {
  name: 'evenkeel',
  programs: ['ip', 'arping', 'ss'],

  start({ host, other, intervalMs, folder, onEvent }) {
    const file = path.join(folder, `${host.namespace}.json`);
    writeFileSync(file, JSON.stringify(specOf(host, other, intervalMs)));
    process.env.EVENKEEL_HA_SECRET ??= 'a secret of the measurement';
    const command = [process.execPath, PROGRAM, 'run', file, '--json'];
    return [
      startIn(host, command, (line) => {
        const { event, at, reason } = JSON.parse(line);
        if (event.startsWith('ha:')) onEvent({ host: host.name, event, at, reason });
      }),
    ];
  },

  /** Whoever stands by is connected to the active one. */
  isReady: ({ network, backup }) => network.isConnected(backup, HA_PORT),

  /** What a graceful stop asks to end. */
  resigning: (children) => children,
};

function specOf(host, other, intervalMs) {
  return {
    name: host.name,
    frontends: [
      {
        name: 'web',
        protocol: 'http',
        bind: [`:${PORT}`],
        routes: [{ match: {}, respond: { status: 200, body: host.name } }],
      },
    ],
    ha: {
      id: 51,
      priority: 100,
      preempt: false,
      advertInterval: intervalMs,
      bind: `${host.own}:${HA_PORT}`,
      peers: [`${other.own}:${HA_PORT}`],
      address: { ip: `${ADDRESS}/24`, interface: 'eth0' },
    },
  };
}
