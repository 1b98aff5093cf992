// State that goes from the active node to the other one, and what clients have of it after a takeover.
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { Agent, request as httpRequest } from 'node:http';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { MAX_FRAME } from '../../src/ha/replication/frames.js';
import { NONCE_BYTES, SessionKeys } from '../../src/ha/replication/session-keys.js';
import {
  Balancer,
  type BalancerSpec,
  type HaSpec,
  type ReplicaEntry,
  type ReplicaSource,
} from '../../src/index.js';
import { RunningCli } from '../support/evenkeel-cli.js';
import { freePorts, node, SECRET, specs, until, untilActive } from '../support/ha/pair-rig.js';
import { HttpMember } from '../support/http-member.js';
import { keep } from '../support/keep.js';

const CLIENTS = 1000;

/** Asks as one client; resolves with the status and who answered. */
function ask(port: number, client: string, agent: Agent, to = '/'): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, path: to, agent, headers: { 'x-client': client } };
    httpRequest(options, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve(`${response.statusCode} ${text}`));
      response.on('error', reject);
    })
      .on('error', reject)
      .end();
  });
}

/** What each of so many clients gets. */
async function askAll(port: number, count: number): Promise<readonly string[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  try {
    const clients = Array.from({ length: count }, (_, index) => `client-${index}`);
    return await Promise.all(clients.map((client) => ask(port, client, agent)));
  } finally {
    agent.destroy();
  }
}

/** The specs of two nodes on one host, whose members differ in nothing but their names. */
async function pairSpecs(
  common: Partial<HaSpec> = {},
): Promise<{ readonly nodes: readonly BalancerSpec[]; readonly port: number }> {
  const members: HttpMember[] = [];
  for (const name of ['a', 'b', 'c']) members.push(keep(await HttpMember.start(name)));
  const [port = 0] = await freePorts(1);
  const has = await specs(2, {
    address: { listen: 'local' },
    replicate: ['sticky', 'rate-limit', 'health'],
    ...common,
  });
  const nodes = has.map((ha) => ({
    ha,
    frontends: [
      {
        name: 'web',
        protocol: 'http' as const,
        bind: [`127.0.0.1:${port}`],
        pool: 'web',
        routes: [
          {
            match: { path: '/limited/' },
            pool: 'web',
            rateLimit: [
              { requests: 5, window: '1h', key: { header: 'x-client' } },
              { requests: 4, window: '1h', algorithm: 'gcra' as const, burst: 4 },
            ],
          },
        ],
      },
    ],
    pools: [
      {
        name: 'web',
        strategy: 'random' as const,
        members: members.map(({ name, address }) => ({ name, address })),
        sticky: { mode: 'header' as const, header: 'x-client' },
      },
    ],
  }));
  return { nodes, port };
}

function balancer(spec: BalancerSpec): Balancer {
  const made = new Balancer(spec, { haSecret: () => SECRET });
  onTestFinished(() => made.close());
  return made;
}

/** Resolves when the other node has everything. */
async function untilCopied(active: Balancer): Promise<void> {
  await until(() =>
    expect(active.status().ha?.replication.followers).toMatchObject([
      { isSynced: true, lagMs: 0, pending: 0 },
    ]),
  );
}

async function untilHeld(active: Balancer): Promise<void> {
  await until(() => expect(active.status().ha?.isHeld).toBe(true));
}

async function untilLetGo(other: Balancer): Promise<void> {
  await until(() => expect(other.status().ha?.isHeld).toBe(false));
}

describe('after a takeover', () => {
  test('1,000 sticky clients keep their members and spent quota stays spent, and again when it goes back', async () => {
    const { nodes, port } = await pairSpecs();
    const [first, second] = nodes.map(balancer) as [Balancer, Balancer];
    await Promise.all([first.start(), second.start()]);
    await untilHeld(first);
    await untilCopied(first);
    const before = await askAll(port, CLIENTS);
    expect(new Set(before)).toEqual(new Set(['200 a', '200 b', '200 c']));
    const agent = new Agent();
    const limited = () => ask(port, 'spender', agent, '/limited/x');
    for (let i = 0; i < 4; i++) await expect(limited()).resolves.toMatch(/^200/);
    await untilCopied(first);

    first.pair?.lower(150, 'a test');
    await untilHeld(second);
    await untilLetGo(first);
    expect(await askAll(port, CLIENTS)).toEqual(before);
    await expect(limited()).resolves.toMatch(/^429/);

    // The stream has turned: what the second one learns goes to the first one.
    await untilCopied(second);
    const late = await ask(port, 'late', agent);
    await untilCopied(second);
    first.pair?.lower(0, 'a test');
    await untilHeld(first);
    await untilLetGo(second);
    expect(await askAll(port, CLIENTS)).toEqual(before);
    for (let i = 0; i < 5; i++) await expect(ask(port, 'late', agent)).resolves.toBe(late);
    await expect(limited()).resolves.toMatch(/^429/);
  });

  test('of a process killed with SIGKILL, 1,000 sticky clients keep their members', async () => {
    const { nodes, port } = await pairSpecs();
    const second = balancer(nodes[1]!);
    await second.start();
    const folder = await mkdtemp(path.join(tmpdir(), 'evenkeel-ha-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const file = path.join(folder, 'first.json');
    await writeFile(file, JSON.stringify(nodes[0]));
    vi.stubEnv('EVENKEEL_HA_SECRET', SECRET);
    onTestFinished(() => {
      vi.unstubAllEnvs();
    });
    const first = keep(new RunningCli(file));
    await first.line('ha:acquired');
    const copied = (): number | undefined => second.pool('web').clients?.size;
    await until(() => expect(second.status().ha?.replication.isSynced).toBe(true));
    const before = await askAll(port, CLIENTS);
    await until(() => expect(copied()).toBe(CLIENTS));
    first.signal('SIGKILL');
    await untilHeld(second);
    expect(await askAll(port, CLIENTS)).toEqual(before);
  });

  test('a member that the active one had ejected gets no request', async () => {
    const { nodes, port } = await pairSpecs();
    const specsOfNodes = nodes.map((spec) => ({
      ...spec,
      pools: spec.pools?.map((pool) => ({
        ...pool,
        outlier: { consecutiveFailures: 1, ejectFor: '1h', maxEjectedPercent: 50 },
      })),
    }));
    const [first, second] = specsOfNodes.map((spec) => balancer(spec as BalancerSpec)) as [
      Balancer,
      Balancer,
    ];
    await Promise.all([first.start(), second.start()]);
    await untilHeld(first);
    first.pool('web').adoptHealth('b', { down: undefined, ejectedMs: 3_600_000 });
    await until(() =>
      expect(second.status().pools[0]?.members[1]).toMatchObject({ name: 'b', ejected: true }),
    );
    first.pair?.lower(150, 'a test');
    await untilHeld(second);
    await untilLetGo(first);
    expect(new Set(await askAll(port, 100))).toEqual(new Set(['200 a', '200 c']));
  });
});

/** Names and numbers, that say what was applied. */
class Numbers implements ReplicaSource {
  readonly values: Map<string, unknown> = new Map();
  #changed: ((scope: string, key: string) => void) | undefined;

  set(key: string, value: unknown): void {
    this.values.set(key, value);
    this.#changed?.('n', key);
  }

  *snapshot(): Iterable<ReplicaEntry> {
    for (const [key, value] of this.values) yield { scope: 'n', key, value };
  }

  read(_scope: string, key: string): unknown {
    return this.values.get(key);
  }

  watch(changed: (scope: string, key: string) => void): () => void {
    this.#changed = changed;
    return () => {
      this.#changed = undefined;
    };
  }

  apply({ key, value }: ReplicaEntry): void {
    this.values.set(key, value);
  }
}

describe('the connection', () => {
  /** An active node, and how to talk to it by hand. */
  async function active() {
    const [spec] = await specs(2, { replicate: ['sticky'], advertInterval: 20 });
    const numbers = new Numbers();
    const pair = node(spec!, { sources: { sticky: numbers } });
    await pair.start();
    await untilActive(pair);
    const [host, port] = spec!.bind.split(':');
    const dial = async (): Promise<{ socket: net.Socket; nonce: Buffer }> => {
      const socket = net.connect(Number(port), host);
      socket.on('error', () => {});
      onTestFinished(() => {
        socket.destroy();
      });
      const [nonce] = (await once(socket, 'data')) as [Buffer];
      return { socket, nonce };
    };
    return { pair, numbers, dial };
  }

  function greeting(nonce: Buffer, secret = SECRET): { keys: SessionKeys; bytes: Buffer } {
    const own = Buffer.alloc(NONCE_BYTES, 7);
    const keys = new SessionKeys(secret, 51, nonce, own);
    return { keys, bytes: Buffer.concat([own, keys.proof('client')]) };
  }

  test('is refused to who has another secret, repeats what another one said, or talks nonsense', async () => {
    const { pair, dial } = await active();
    const good = await dial();
    const { bytes } = greeting(good.nonce);
    good.socket.write(bytes);
    await until(() => expect(pair.status().replication.followers).toHaveLength(1));
    const wrongs = [
      (nonce: Buffer) => greeting(nonce, 'another secret of others').bytes,
      () => bytes,
      () => Buffer.from('GET / HTTP/1.1\r\nhost: example.test\r\nuser-agent: x\r\n\r\n'),
    ];
    for (const wrong of wrongs) {
      const { socket, nonce } = await dial();
      const closed = once(socket, 'close');
      socket.resume().write(wrong(nonce));
      await closed;
    }
    await until(() => expect(pair.status().replication.refused).toBe(3));
    expect(pair.status().replication.followers).toHaveLength(1);
  });

  test('is cut by a frame that is too long, forged or no frame', async () => {
    const { pair, dial } = await active();
    const tooLong = Buffer.alloc(4);
    tooLong.writeUInt32BE(MAX_FRAME + 1);
    const forged = Buffer.concat([Buffer.from([0, 0, 0, 2]), Buffer.from('{}'), Buffer.alloc(16)]);
    for (const frame of [tooLong, forged, Buffer.from('hello, world')]) {
      const { socket, nonce } = await dial();
      const closed = once(socket, 'close');
      socket.resume().write(Buffer.concat([greeting(nonce).bytes, frame]));
      await closed;
    }
    await until(() => expect(pair.status().replication.refused).toBe(3));
    expect(pair.isActive).toBe(true);
  });

  test('of a reader that takes nothing costs the active one no more than its bounds', async () => {
    const { pair, numbers, dial } = await active();
    const { socket, nonce } = await dial();
    socket.write(greeting(nonce).bytes);
    await until(() => expect(pair.status().replication.followers).toHaveLength(1));
    socket.pause();
    for (let i = 0; i < 100_000; i++) numbers.set(`k${i}`, i);
    const [follower] = pair.status().replication.followers;
    expect(follower).toMatchObject({ isSynced: false, pending: 0 });
    expect(follower!.sent).toBeLessThanOrEqual(8 * 128);
  });

  test('that is cut comes again, with all that changed meanwhile', async () => {
    const [one, two] = await specs(2, { replicate: ['sticky'] });
    const [from, to] = [new Numbers(), new Numbers()];
    const first = node(one!, { sources: { sticky: from } });
    const second = node(two!, { sources: { sticky: to } });
    await Promise.all([first.start(), second.start()]);
    await untilActive(first);
    from.set('a', 1);
    await until(() => expect(to.values.get('a')).toBe(1));
    await second.close();
    from.set('a', 2);
    from.set('b', 3);
    const again = node(two!, { sources: { sticky: to } });
    await again.start();
    await until(() => expect([...to.values]).toEqual([...from.values]));
    expect(first.isActive).toBe(true);
  });
});
