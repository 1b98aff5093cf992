// Members killed under the load of a real client.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { Balancer } from '../../src/balancer/balancer.js';
import { keep } from '../support/keep.js';
import { describeWith, programPath } from '../support/program.js';
import { startNginx } from '../support/servers/nginx.js';
import { freePort, type RunningServer } from '../support/servers/server-process.js';

const SECONDS = 8;

/** One nginx with one server; a kill takes its port and its connections away at once. */
async function startMember(port: number): Promise<RunningServer> {
  const server = `server { listen 127.0.0.1:${port}; location / { return 200 "ok"; } }`;
  return keep(await startNginx(server, port));
}

/** `kill -9` of nginx's master, which could start another worker, and then of its worker, which serves. */
async function killWithWorker(member: RunningServer | undefined): Promise<void> {
  if (member === undefined) return;
  const { pid } = member;
  const workers = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
  await member.stop('SIGKILL');
  for (const worker of workers) process.kill(Number(worker), 'SIGKILL');
}

describeWith(['wrk', 'nginx'], 'failover under load', () => {
  test('kill -9 of a member fails no GET, and it serves again when it is back', async () => {
    const ports = [await freePort(), await freePort(), await freePort()];
    const members = await Promise.all(ports.map((port) => startMember(port)));
    const balancer = keep(
      new Balancer({
        name: 'failover',
        frontends: [{ name: 'public', protocol: 'http', bind: '127.0.0.1:0', pool: 'web' }],
        pools: [
          {
            name: 'web',
            health: { type: 'http', interval: '200ms', fall: 2, rise: 2 },
            members: ports.map((port, i) => ({ name: `m${i}`, address: `127.0.0.1:${port}` })),
          },
        ],
      }),
    );
    const { public: addresses } = await balancer.start();
    const url = `http://127.0.0.1:${addresses?.[0]?.port}/`;
    const load = promisify(execFile)(programPath('wrk'), ['-t1', '-c64', `-d${SECONDS}s`, url]);
    const retried: string[] = [];
    balancer.on('request:retried', ({ from }) => retried.push(from));

    // In full swing: so that the kill meets requests in flight.
    while ((balancer.status().frontends[0]?.totals.requests ?? 0) < 5000) await sleep(20);
    const isDown = balancer.events.once('member:down');
    await killWithWorker(members[1]);
    await expect(isDown).resolves.toMatchObject({ member: 'm1' });
    const isUp = balancer.events.once('member:up');
    await startMember(ports[1] ?? 0);
    await isUp;

    const { stdout } = await load;
    expect(stdout).not.toMatch(/Socket errors|Non-2xx/);
    expect(new Set(retried)).toEqual(new Set(['m1']));
    const { frontends, pools } = balancer.status();
    expect(frontends[0]?.totals.failed).toBe(0);
    expect(pools[0]?.members[1]?.totals.picked).toBeGreaterThan(retried.length);
  });
});
