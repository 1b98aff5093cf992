// Stick tables over reloads: clients keep their members, and rates their counts, by the real program.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { systemClock } from '../../../src/core/clock.js';
import { HaproxyEngine } from '../../../src/haproxy/engine/haproxy-engine.js';
import { RuntimeSocket } from '../../../src/haproxy/runtime/runtime-socket.js';
import type { BalancerSpec } from '../../../src/spec/balancer.js';
import { send } from '../../support/http-client.js';
import { HttpMember } from '../../support/http-member.js';
import { keep } from '../../support/keep.js';
import { describeWith } from '../../support/program.js';
import { freePort } from '../../support/servers/server-process.js';

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

/** Resolves when the worker knows that nobody is left to teach it: some ten seconds after a start. */
async function isSettled(socket: RuntimeSocket): Promise<void> {
  for (;;) {
    const [, flags = '0'] = / flags=0x([0-9a-f]+)/.exec(await socket.ask('show peers')) ?? [];
    // PEERS_RESYNC_FINISHED of its sources: nobody here, nobody elsewhere.
    if ((Number.parseInt(flags, 16) & 3) === 3) return;
    await new Promise((resolve) => {
      setTimeout(resolve, 100);
    });
  }
}

describeWith(['haproxy'], 'stick tables', () => {
  test('live through reloads, one after the other', async () => {
    const members: HttpMember[] = [];
    for (const name of ['one', 'two', 'three']) members.push(keep(await HttpMember.start(name)));
    const port = await freePort();
    const directory = mkdtempSync(path.join(tmpdir(), 'evenkeel-tab-'));
    cleanups.push(() => rmSync(directory, { recursive: true, force: true }));
    const spec = (server: number): BalancerSpec => ({
      frontends: [
        {
          name: 'public',
          protocol: 'http',
          bind: [`127.0.0.1:${port}`],
          pool: 'web',
          rateLimit: { requests: 8, window: '10m' },
        },
      ],
      pools: [
        {
          name: 'web',
          members: members.map(({ name, address }) => ({ name, address })),
          sticky: { mode: 'source-ip', ttl: '10m' },
          timeouts: { server },
        },
      ],
    });
    const engine = new HaproxyEngine(spec(9000), { directory });
    cleanups.push(() => engine.close());
    await engine.start();
    const { body: mine } = await send(port);
    await send(port);
    await isSettled(
      new RuntimeSocket({ path: path.join(directory, 'run', 'admin.sock'), clock: systemClock }),
    );
    const bodies: string[] = [];
    for (const server of [8000, 7000, 6000]) {
      await engine.apply(spec(server));
      for (let i = 0; i < 2; i++) bodies.push((await send(port)).body);
    }
    expect(engine.applied.reloads).toBe(3);
    expect(bodies).toEqual(bodies.map(() => mine));
    await expect(send(port)).resolves.toMatchObject({ status: 429 });
  }, 60_000);
});
