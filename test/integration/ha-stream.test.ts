// Replication over a line that breaks in the middle: what two real balancers have in common afterwards.
import { randomBytes } from 'node:crypto';
import { Agent, request } from 'node:http';
import { describe, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../src/core/clock.js';
import { systemRandom } from '../../src/core/random.js';
import { HaPair } from '../../src/ha/ha-pair.js';
import type { ReplicaEntry, ReplicaSources } from '../../src/ha/replication/source.js';
import { StreamClient } from '../../src/ha/transport/stream-client.js';
import { StreamServer } from '../../src/ha/transport/stream-server.js';
import { Balancer } from '../../src/index.js';
import { FaultProxy, type FaultSpec } from '../../src/testkit/index.js';
import { freePorts, SECRET, specs, until } from '../support/ha/pair-rig.js';
import { HttpMember } from '../support/http-member.js';
import { keep } from '../support/keep.js';

const CLIENTS = 400;

/** A pair that tells what its balancer has to copy. */
class OpenPair extends HaPair {
  sources: ReplicaSources = {};

  override replicate(sources: ReplicaSources): void {
    this.sources = sources;
    super.replicate(sources);
  }
}

interface Node {
  readonly balancer: Balancer;
  readonly pair: OpenPair;
  readonly port: number;
  /** The status and the text of an answer. */
  ask(client: string, path?: string): Promise<string>;
}

/** Balancers that know nothing of each other, over the same members. */
async function twoNodes(): Promise<readonly [Node, Node]> {
  const members: HttpMember[] = [];
  for (const name of ['a', 'b', 'c']) members.push(keep(await HttpMember.start(name)));
  const [first, second] = await specs(2);
  const make = async (ha: NonNullable<typeof first>): Promise<Node> => {
    const pair = new OpenPair(
      { ...ha, replicate: ['sticky', 'rate-limit', 'health'] },
      { secret: SECRET },
    );
    const balancer = new Balancer({
      ha: pair,
      frontends: [
        {
          name: 'web',
          protocol: 'http',
          bind: ['127.0.0.1:0'],
          pool: 'web',
          routes: [
            {
              match: { path: '/limited/' },
              pool: 'web',
              rateLimit: [{ requests: 5, window: '1h', key: { header: 'x-client' } }],
            },
          ],
        },
      ],
      pools: [
        {
          name: 'web',
          strategy: 'random',
          members: members.map(({ name, address }) => ({ name, address })),
          sticky: { mode: 'header', header: 'x-client' },
          outlier: { consecutiveFailures: 5, ejectFor: '1h', maxEjectedPercent: 50 },
        },
      ],
    });
    onTestFinished(() => balancer.close());
    const { web } = await balancer.start();
    const port = web![0]!.port;
    const agent = new Agent({ keepAlive: true, maxSockets: 8 });
    onTestFinished(() => agent.destroy());
    const ask = (client: string, path = '/'): Promise<string> =>
      new Promise((resolve, reject) => {
        const headers = { 'x-client': client };
        request({ host: '127.0.0.1', port, path, agent, headers }, (response) => {
          let text = '';
          response.on('data', (chunk: Buffer) => (text += chunk.toString()));
          response.on('end', () => resolve(`${response.statusCode} ${text}`));
        })
          .on('error', reject)
          .end();
      });
    return { balancer, pair, port, ask };
  };
  return [await make(first!), await make(second!)];
}

interface Line {
  readonly server: StreamServer;
  readonly client: StreamClient;
  readonly proxy: FaultProxy;
  /** Connections that were open and broke. */
  lost(): number;
}

/** The two ends of the stream, with a line between that can break. */
async function connect(from: ReplicaSources, to: ReplicaSources, faults: FaultSpec): Promise<Line> {
  const secrets = { secret: SECRET, id: 51, draw: randomBytes };
  const server = new StreamServer(secrets, () => from, systemClock);
  const [port = 0] = await freePorts(1);
  await server.open('127.0.0.1', port);
  server.setActive(true);
  const proxy = keep(new FaultProxy({ target: `127.0.0.1:${port}`, faults }));
  await proxy.start();
  let lost = 0;
  const client = new StreamClient({
    secrets,
    sources: () => to,
    clock: systemClock,
    random: systemRandom,
    localAddress: '',
    onLost: () => lost++,
  });
  onTestFinished(() => {
    client.close();
    server.close();
  });
  client.follow(proxy.address);
  return { server, client, proxy, lost: () => lost };
}

function copied({ server, client }: Line): Promise<void> {
  return until(() => {
    expect(client.isSynced).toBe(true);
    expect(server.followers).toMatchObject([{ isSynced: true, lagMs: 0, pending: 0 }]);
  });
}

/** All of one kind, by scope and key; of sticky clients without what is left of their lives. */
function stateOf({ pair }: Node): Record<string, unknown> {
  const all: Record<string, unknown> = {};
  for (const [kind, source] of Object.entries(pair.sources))
    for (const { scope, key, value } of source.snapshot())
      all[`${kind} ${scope} ${key}`] = comparable(kind, value);
  return all;
}

function comparable(kind: string, value: unknown): unknown {
  if (kind === 'sticky') return (value as readonly unknown[])[0];
  if (kind !== 'health') return (value as readonly number[])[0];
  const { at, ejectedMs } = value as { readonly at: string; readonly ejectedMs: number };
  return `${at} ${ejectedMs > 0 ? 'ejected' : 'well'}`;
}

async function comeAll(node: Node, group: string): Promise<void> {
  const names = Array.from({ length: CLIENTS }, (_, index) => `${group}-${index}`);
  await Promise.all(names.map((name) => node.ask(name)));
}

async function spend(node: Node, client: string, times: number): Promise<void> {
  for (let i = 0; i < times; i++)
    await expect(node.ask(client, '/limited/x')).resolves.toMatch(/^200/);
}

/** The same clients, counters and health; a counter that was added instead of taken would leave less to spend. */
async function expectSame(from: Node, to: Node): Promise<void> {
  const expected = stateOf(from);
  expect(Object.keys(expected).length).toBeGreaterThan(2 * CLIENTS);
  expect(expected[`health web b`]).toMatch(/ejected/);
  expect(stateOf(to)).toEqual(expected);
  await spend(to, 'spender', 2);
  await expect(to.ask('spender', '/limited/x')).resolves.toMatch(/^429/);
}

/** Everything takes seconds, and comes in small pieces. */
const SLOW: FaultSpec = { down: { bandwidth: '8KiB', slice: { bytes: 512 } } };

/** How a line breaks, once something has come over it: resolves when it is broken. */
const BREAKS: readonly [name: string, begin: FaultSpec, act: (line: Line) => Promise<void>][] = [
  [
    'ended after some bytes',
    { down: { closeAfter: '4KiB' } },
    ({ lost }) => until(() => expect(lost()).toBeGreaterThan(0)),
  ],
  [
    'reset',
    SLOW,
    async ({ client, proxy, lost }) => {
      await until(() => expect(client.received).toBeGreaterThan(0));
      proxy.set({ reset: true });
      await until(() => expect(lost()).toBe(1));
    },
  ],
  [
    'swallowed by a black hole',
    SLOW,
    async ({ client, proxy, server }) => {
      await until(() => expect(client.received).toBeGreaterThan(0));
      proxy.set({ blackhole: true });
      const lagMs = server.followers[0]!.lagMs;
      await until(() => expect(server.followers[0]!.lagMs).toBeGreaterThan(lagMs + 100));
    },
  ],
];

describe('a stream that is', () => {
  test.each(BREAKS)('%s in the middle of everything brings the rest', async (_name, begin, act) => {
    const [from, to] = await twoNodes();
    await comeAll(from, 'early');
    await spend(from, 'spender', 2);
    const line = await connect(from.pair.sources, to.pair.sources, begin);
    await act(line);
    expect(line.client.isSynced).toBe(false);
    await spend(from, 'spender', 1);
    await comeAll(from, 'late');
    from.balancer.pool('web').adoptHealth('b', { down: undefined, ejectedMs: 3_600_000 });
    line.proxy.clear();
    await copied(line);
    await expectSame(from, to);
  });

  test.each(BREAKS)('%s in the middle of changes brings the rest', async (_name, begin, act) => {
    const [from, to] = await twoNodes();
    await comeAll(from, 'early');
    const line = await connect(from.pair.sources, to.pair.sources, {});
    await copied(line);
    const before = line.client.received;
    expect(before).toBeGreaterThanOrEqual(CLIENTS);
    line.proxy.set(begin);
    await spend(from, 'spender', 2);
    await comeAll(from, 'late');
    await act(line);
    await spend(from, 'spender', 1);
    from.balancer.pool('web').adoptHealth('b', { down: undefined, ejectedMs: 3_600_000 });
    line.proxy.clear();
    await copied(line);
    await expectSame(from, to);
  });
});

test('a follower that takes nothing costs no more than the bounds, its lag grows, and in the end it has everything', async () => {
  const values = new Map<string, number>();
  let tell: ((scope: string, key: string) => void) | undefined;
  const from: ReplicaSources = {
    sticky: {
      *snapshot(): Iterable<ReplicaEntry> {
        for (const [key, value] of values) yield { scope: 'n', key, value };
      },
      read: (_scope, key) => values.get(key),
      watch: (changed) => {
        tell = changed;
        return () => (tell = undefined);
      },
      apply: () => {},
    },
  };
  const taken = new Map<string, unknown>();
  const to: ReplicaSources = {
    sticky: {
      snapshot: () => [],
      read: () => undefined,
      watch: () => () => {},
      apply: ({ key, value }) => taken.set(key, value),
    },
  };
  const set = (key: string, value: number): void => {
    values.set(key, value);
    tell?.('n', key);
  };
  set('first', 1);
  const line = await connect(from, to, {});
  await copied(line);
  const { sent } = line.server.followers[0]!;
  line.proxy.set({ blackhole: true });
  const follower = () => line.server.followers[0]!;
  for (let part = 0; part < 5; part++) {
    for (let i = 0; i < 20_000; i++) set(`k${part}-${i}`, i);
    // Unanswered are 8 messages, whatever there is to say.
    await until(() => expect(follower().sent - sent).toBe(8 * 128));
    const { lagMs } = follower();
    await until(() => expect(follower().lagMs).toBeGreaterThan(lagMs + 25));
    expect(follower().pending).toBeLessThanOrEqual(65_536);
  }
  // 100,000 names are more than are remembered: they are forgotten, and everything is sent anew.
  expect(follower()).toMatchObject({ isSynced: false, pending: 0 });
  line.proxy.clear();
  await copied(line);
  expect(taken).toEqual(values);
  expect(line.lost()).toBe(0);
});
