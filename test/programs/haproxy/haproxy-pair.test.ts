// Two HAProxies with the emitted configurations of a pair: what one of them learns of clients and rates, the other one knows.
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { systemClock } from '../../../src/core/clock.js';
import { emitHaproxy } from '../../../src/haproxy/emit-haproxy.js';
import { RuntimeSocket } from '../../../src/haproxy/runtime/runtime-socket.js';
import type { BalancerSpec } from '../../../src/spec/balancer.js';
import { writeFiles } from '../../support/haproxy-check.js';
import { HttpMember } from '../../support/http-member.js';
import { keep } from '../../support/keep.js';
import { describeWith, programPath } from '../../support/program.js';
import { createFolder, freePort, startServer } from '../../support/servers/server-process.js';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A node: 127.0.0.1 and 127.0.0.2 are its addresses. */
interface Node {
  readonly port: number;
  readonly socket: RuntimeSocket;
}

/** What a client at an address is answered: the status, and which member. */
function ask({ port }: Node, from: string): Promise<{ status: number; member: string }> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, localAddress: from, agent: false } as const;
    request(options, (response) => {
      let member = '';
      response.on('data', (chunk: Buffer) => (member += chunk.toString()));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, member }));
    })
      .on('error', reject)
      .end();
  });
}

async function startPair(parts: object, limits: object): Promise<readonly [Node, Node]> {
  const members: { readonly name: string; readonly address: string }[] = [];
  for (const name of ['s1', 's2', 's3'])
    members.push({ name, address: `127.0.0.1:${keep(await HttpMember.start(name)).port}` });
  const ports = [await freePort(), await freePort()] as const;
  const peers = [`127.0.0.1:${await freePort()}`, `127.0.0.2:${await freePort()}`] as const;
  const start = async (own: 0 | 1): Promise<Node> => {
    const spec: BalancerSpec = {
      name: 'pair',
      frontends: [
        { name: 'f', protocol: 'http', bind: `127.0.0.1:${ports[own]}`, pool: 'b', ...limits },
      ],
      pools: [{ name: 'b', members, ...parts }],
      ha: {
        id: 51,
        bind: peers[own],
        peers: [peers[1 - own] ?? ''],
        address: { ip: '192.0.2.10/24', interface: 'eth0' },
        secretEnv: 'PATH',
        replicate: ['sticky', 'rate-limit'],
      },
    };
    const folder = createFolder('haproxy');
    const run = mkdtempSync(path.join(tmpdir(), 'evenkeel-run-'));
    folders.push(run);
    const adminSocket = path.join(run, 'admin.sock');
    const { files } = emitHaproxy(spec, { adminSocket, stateFile: '/dev/null' });
    await writeFiles(folder, files);
    const args = ['-db', '-f', path.join(folder, 'haproxy.cfg')];
    keep(await startServer({ file: programPath('haproxy'), args, folder, port: ports[own] }));
    return {
      port: ports[own],
      socket: new RuntimeSocket({ path: adminSocket, clock: systemClock }),
    };
  };
  return [await start(0), await start(1)];
}

/** Resolves when a table of a node says so of as many clients. */
async function knows({ socket }: Node, table: string, what: RegExp, count: number): Promise<void> {
  await vi.waitFor(
    async () => expect((await socket.ask(`show table ${table}`)).match(what)).toHaveLength(count),
    30_000,
  );
}

describeWith(['haproxy'], 'CS-58: peers of a pair', () => {
  test('clients keep their members on the other node', async () => {
    const [first, second] = await startPair({ sticky: { mode: 'source-ip' } }, {});
    const sources = Array.from({ length: 8 }, (_, i) => `127.0.1.${i + 1}`);
    const homes: string[] = [];
    for (const source of sources) homes.push((await ask(first, source)).member);
    expect(new Set(homes).size).toBe(3);
    await knows(second, 'b', /server_id=/g, sources.length);
    // Another order than round robin would give.
    for (const [i, source] of [...sources.entries()].reverse())
      expect((await ask(second, source)).member).toBe(homes[i]);
  });

  test('a client that has spent its rate on one node is refused at once by the other', async () => {
    const limits = { rateLimit: { key: 'source-ip', requests: 4, window: '10m' } };
    const [first, second] = await startPair({}, limits);
    for (let i = 0; i < 4; i++) expect((await ask(first, '127.0.1.1')).status).toBe(200);
    await knows(second, 'limit.f.0', /http_req_rate\(600000\)=4/g, 1);
    for (let i = 0; i < 3; i++) expect((await ask(second, '127.0.1.1')).status).toBe(429);
    expect((await ask(second, '127.0.1.2')).status).toBe(200);
  });
});
