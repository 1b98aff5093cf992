// Hot reload under the load of a real client: not one failed or reset request.
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { Balancer } from '../../src/balancer/balancer.js';
import type { BalancerSpec } from '../../src/spec/balancer.js';
import { RunningCli } from '../support/evenkeel-cli.js';
import { keep } from '../support/keep.js';
import { describeWith, programPath } from '../support/program.js';
import { startNginx } from '../support/servers/nginx.js';
import { freePort } from '../support/servers/server-process.js';

const SECONDS = 30;
const RELOADS = 200;
/** Paces the reloads over the run; nothing depends on it being kept. */
const PAUSE_MS = (SECONDS * 1000 * 0.9) / RELOADS;

/** Four members that answer with their names, served by one nginx. */
async function startMembers(): Promise<readonly { name: string; address: string }[]> {
  const ports = await Promise.all(['a', 'b', 'c', 'd'].map(() => freePort()));
  const names = ['a', 'b', 'c', 'd'];
  const servers = ports.map(
    (port, i) => `server { listen 127.0.0.1:${port}; location / { return 200 "${names[i]}"; } }`,
  );
  keep(await startNginx(servers.join('\n'), ports[0] ?? 0));
  return ports.map((port, i) => ({ name: names[i] ?? '', address: `127.0.0.1:${port}` }));
}

/** The spec of one round: one member out, the others with other weights. */
function round(members: readonly { name: string; address: string }[], n: number): BalancerSpec {
  const present = members.filter((_, i) => i !== n % members.length);
  return {
    name: 'reload',
    frontends: [{ name: 'public', protocol: 'http', bind: ['127.0.0.1:0'], pool: 'web' }],
    pools: [
      {
        name: 'web',
        members: present.map((member, i) => ({ ...member, weight: 1 + ((n + i) % 7) })),
      },
    ],
  };
}

/** What wrk saw. */
interface LoadResult {
  readonly requests: number;
  /** Lines about socket errors and statuses other than 2xx and 3xx. */
  readonly faults: readonly string[];
}

async function wrk(port: number): Promise<LoadResult> {
  const args = ['-t1', '-c64', `-d${SECONDS}s`, `http://127.0.0.1:${port}/`];
  const { stdout } = await promisify(execFile)(programPath('wrk'), args);
  return {
    requests: Number(/(\d+) requests in/.exec(stdout)?.[1]),
    faults: stdout.split('\n').filter((line) => /Socket errors|Non-2xx/.test(line)),
  };
}

describeWith(['wrk', 'nginx'], 'hot reload under load', () => {
  test(`${RELOADS} applies that add, remove and reweight members fail no request`, async () => {
    const members = await startMembers();
    const balancer = keep(new Balancer(round(members, 0)));
    const { public: addresses } = await balancer.start();
    const load = wrk(addresses?.[0]?.port ?? 0);
    for (let n = 1; n <= RELOADS; n++) {
      const diff = await balancer.apply(round(members, n));
      expect(diff.isEmpty).toBe(false);
      await sleep(PAUSE_MS);
    }
    const { requests, faults } = await load;
    expect(faults).toEqual([]);
    expect(requests).toBeGreaterThan(RELOADS);
    const { totals } = balancer.status().frontends[0] ?? {};
    // One that wrk begins with to see whether anybody is there, then 64 that were never closed.
    expect(totals).toMatchObject({ connections: 65, failed: 0, rejected: 0 });
  });

  test(`${RELOADS} reloads by SIGHUP fail no request`, async () => {
    const members = await startMembers();
    const folder = await mkdtemp(path.join(tmpdir(), 'evenkeel-reload-'));
    const file = path.join(folder, 'spec.json');
    await writeFile(file, JSON.stringify(round(members, 0)));
    const cli = keep(new RunningCli(file));
    const load = wrk(await cli.port('public'));
    for (let n = 1; n <= RELOADS; n++) {
      await writeFile(file, JSON.stringify(round(members, n)));
      cli.signal('SIGHUP');
      await expect(cli.line('spec:applied')).resolves.not.toMatchObject({ changes: 0 });
      await sleep(PAUSE_MS);
    }
    const { requests, faults } = await load;
    expect(faults).toEqual([]);
    expect(requests).toBeGreaterThan(RELOADS);
    await rm(folder, { recursive: true });
  });
});
