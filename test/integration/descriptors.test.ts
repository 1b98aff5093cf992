// A process that runs out of file descriptors: that is nobody's fault but its own, and it passes.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { RunningCli } from '../support/evenkeel-cli.js';
import { ask, connectHttp, get, ok, startHttpMember } from '../support/http-peers.js';
import { stalled } from '../support/stalled.js';
import type { TcpPeer } from '../support/tcp-peers.js';

/** Of clients this many are taken less 200, and each needs a descriptor for its member too. */
const DESCRIPTORS = 600;
const CLIENTS = 400;

test('members stay up while there are no descriptors for them, and all are served afterwards', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'evenkeel-descriptors-'));
  const file = path.join(folder, 'lb.json');
  const held: TcpPeer[] = [];
  let holds = true;
  const member = await startHttpMember((_request, peer) => {
    if (!holds) return ok();
    held.push(peer);
    return undefined;
  });
  const health = { type: 'tcp', interval: '20ms', fall: 2, initial: 'up' };
  writeFileSync(
    file,
    JSON.stringify({
      frontends: [{ name: 'web', protocol: 'http', bind: '127.0.0.1:0', pool: 'm' }],
      pools: [{ name: 'm', members: [`127.0.0.1:${member.port}`], health }],
    }),
  );
  const within = ['prlimit', `--nofile=${DESCRIPTORS}`];
  await using running = new RunningCli(file, [], undefined, within);
  try {
    const port = await running.port('web');
    const clients = await Promise.all(
      Array.from({ length: CLIENTS }, async () => {
        const client = await connectHttp(port);
        client.send(get());
        return client;
      }),
    );
    // Long enough for a dozen checks.
    await stalled(() => held.length);
    expect(held.length).toBeGreaterThan(100);
    expect(held.length).toBeLessThan(CLIENTS);
    expect(running.count('member:down')).toBe(0);
    holds = false;
    for (const peer of held) peer.send(ok());
    const served = await Promise.all(
      clients.map((client) =>
        client.reply().then(
          ({ status }) => status,
          () => 0,
        ),
      ),
    );
    expect(served.filter((status) => status === 200).length).toBeGreaterThanOrEqual(held.length);
    // 503, or a connection that was never taken.
    expect(served.filter((status) => ![200, 503, 0].includes(status))).toEqual([]);
    for (const { peer } of clients) peer.socket.destroy();
    await expect
      .poll(() =>
        ask(port, get()).then(
          ({ status }) => status,
          () => 0,
        ),
      )
      .toBe(200);
    expect(running.count('member:down')).toBe(0);
  } finally {
    await member.close();
    rmSync(folder, { recursive: true });
  }
});
