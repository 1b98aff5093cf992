// Resident memory: what an idle client costs, and whether a slow one makes the process grow.
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { residentKiB, runOn, spawnOn } from '../lib/children.mjs';
import { startFileResponder, startSmallResponder } from '../lib/responders.mjs';
import { runWrk } from '../lib/wrk.mjs';

const loadFile = (name) => fileURLToPath(new URL(`../load/${name}`, import.meta.url));
const SERVERS = ['evenkeel', 'haproxy', 'nginx', 'node-undici', 'fast-proxy', 'http-proxy'];

/** KiB per connection, each of which has made one request. A fresh process every round, warmed by a short load. */
export function idleMemory(name, title) {
  return {
    name,
    title,
    protocol: 'http',
    targets: SERVERS,
    baseline: 'haproxy',
    steer: 'kibPerConnection',
    startsAfresh: true,
    columns: { kibPerConnection: 'KiB/connection', open: 'open', residentMiB: 'RSS MiB' },
    prepare: ({ load }) => startSmallResponder(load),
    async measure({ child, port, responder, cores, connections }) {
      const { path } = responder;
      await runWrk(cores.load, { port, path, seconds: 2, connections: 64 });
      await sleep(1000);
      const before = residentKiB(child.pid);
      const command = [process.execPath, loadFile('idle-clients.mjs'), port, connections];
      const clients = spawnOn(cores.load, command.map(String), { stdio: ['pipe', 'pipe', 'pipe'] });
      while (!clients.log.includes('open ') && clients.exitCode === null) await sleep(50);
      if (clients.exitCode !== null) throw new Error(`the clients failed\n${clients.log}`);
      await sleep(2000);
      const after = residentKiB(child.pid);
      clients.stdin.end();
      await once(clients, 'exit');
      return {
        kibPerConnection: (after - before) / connections,
        open: Number(/open (\d+)/.exec(clients.log)?.[1]),
        residentMiB: after / 1024,
      };
    },
  };
}

/** MiB by which the process grows at most while one client reads a 1 GiB answer at about 1 MiB/s. */
export function slowReader(name, title) {
  return {
    name,
    title,
    protocol: 'http',
    targets: SERVERS,
    baseline: 'haproxy',
    steer: 'grownMiB',
    startsAfresh: true,
    columns: { grownMiB: 'grown MiB', readMiB: 'read MiB', residentMiB: 'RSS MiB' },
    prepare: ({ load }) => startFileResponder(load, 'body-1g', 1024 ** 3),
    async measure({ child, port, responder, cores, seconds }) {
      const before = residentKiB(child.pid);
      let most = before;
      const watch = setInterval(() => {
        most = Math.max(most, residentKiB(child.pid));
      }, 50);
      const command = [
        process.execPath,
        loadFile('slow-reader.mjs'),
        port,
        responder.path,
        seconds,
      ];
      const result = JSON.parse(await runOn(cores.load, command.map(String)));
      clearInterval(watch);
      return {
        grownMiB: (most - before) / 1024,
        readMiB: result.bytes / 1024 ** 2,
        residentMiB: most / 1024,
      };
    },
  };
}
