// The same udp frontends in process and on nginx: the same traffic, the same answers.
import dgram from 'node:dgram';
import { once } from 'node:events';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { Balancer } from '../../src/balancer/balancer.js';
import { refusalsOf } from '../../src/emit/fidelity.js';
import { emitNginx } from '../../src/nginx/emit-nginx.js';
import type { BalancerSpec } from '../../src/spec/balancer.js';
import { writeFiles } from '../support/haproxy-check.js';
import { keep } from '../support/keep.js';
import { describeWith, programPath } from '../support/program.js';
import { createFolder, startServer } from '../support/servers/server-process.js';

/** What a socket may wait for an answer, ms; on loopback it comes at once or not at all. */
const PATIENCE_MS = 2000;

/** A UDP socket of a test, closed after it. */
class Peer implements AsyncDisposable {
  readonly socket: dgram.Socket;

  private constructor(socket: dgram.Socket) {
    this.socket = socket;
  }

  static async open(host: string = '127.0.0.1'): Promise<Peer> {
    const socket = dgram.createSocket(host.includes(':') ? 'udp6' : 'udp4');
    socket.on('error', () => {});
    socket.bind(0, host);
    await once(socket, 'listening');
    return keep(new Peer(socket));
  }

  /** One that answers with its name. */
  static async member(name: string): Promise<Peer> {
    const peer = await Peer.open();
    peer.socket.on('message', (_, from) => peer.socket.send(name, from.port, from.address));
    return peer;
  }

  get port(): number {
    return this.socket.address().port;
  }

  /** The answer, and where it came from; undefined = none. An empty datagram is none. */
  async ask(port: number, host: string = '127.0.0.1'): Promise<string | undefined> {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const answer = once(this.socket, 'message', { signal }) as Promise<[Buffer, dgram.RemoteInfo]>;
    this.socket.send('x', port, host);
    const [message, from] = await answer.catch(() => []);
    if (message === undefined || message.length === 0) return undefined;
    return from?.address === host ? message.toString() : `${message} from ${from?.address}`;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return new Promise((resolve) => {
      try {
        this.socket.close(resolve);
      } catch {
        resolve();
      }
    });
  }
}

/** A port that no UDP socket of this machine has now. */
async function freeUdpPort(): Promise<number> {
  await using peer = await Peer.open();
  return peer.port;
}

/** Whether somebody has an address, or all of its family: nobody else can bind it then. */
async function isTaken(port: number, host: string): Promise<boolean> {
  const probe = dgram.createSocket({ type: host.includes(':') ? 'udp6' : 'udp4', ipv6Only: true });
  const isLate = once(probe, 'error').then(() => true);
  probe.bind(port, host);
  const answer = await Promise.race([isLate, once(probe, 'listening').then(() => false)]);
  if (!answer) probe.close();
  return answer;
}

/** Starts an engine with a spec whose ports are all known. */
type Start = (spec: BalancerSpec, port: number) => Promise<void>;

const ENGINES: Readonly<Record<string, Start>> = {
  'in process': async (spec) => {
    const balancer = new Balancer(spec);
    await balancer.start();
    keep({ [Symbol.asyncDispose]: () => balancer.close() });
  },
  nginx: async (spec, port) => {
    const { files, report } = emitNginx(spec);
    expect(refusalsOf(report)).toEqual([]);
    const folder = createFolder('nginx');
    await writeFiles(folder, files);
    const own = `daemon off; pid ${folder}/pid; error_log stderr;`;
    const args = ['-e', 'stderr', '-g', own, '-c', path.join(folder, 'nginx.conf')];
    const isReady = async (): Promise<boolean> =>
      (await isTaken(port, '127.0.0.1')) && (await isTaken(port, '::1'));
    keep(await startServer({ file: programPath('nginx'), args, folder, port, isReady }));
  },
};

async function serve(
  start: Start,
  pool: object,
  frontend: object = {},
  binds: (port: number) => readonly string[] = (port) => [`127.0.0.1:${port}`, `[::1]:${port}`],
): Promise<{ port: number; members: Map<string, Peer> }> {
  const members = new Map<string, Peer>();
  for (const name of ['a', 'b', 'c']) members.set(name, await Peer.member(name));
  const port = await freeUdpPort();
  const spec: BalancerSpec = {
    frontends: [{ name: 'dns', protocol: 'udp', bind: binds(port), pool: 'dns', ...frontend }],
    pools: [
      {
        name: 'dns',
        members: [...members].map(([name, peer]) => ({ name, address: `127.0.0.1:${peer.port}` })),
        ...pool,
      },
    ],
  };
  await start(spec, port);
  return { port, members };
}

describeWith(['nginx'], 'udp frontends', () => {
  describe.each(Object.entries(ENGINES))('%s', (_, start) => {
    test('new clients go round, and each keeps its member', async () => {
      const { port } = await serve(start, { strategy: 'round-robin' });
      const counts = new Map<string, number>();
      for (let i = 0; i < 12; i++) {
        const client = await Peer.open();
        const home = (await client.ask(port)) ?? 'nobody';
        counts.set(home, (counts.get(home) ?? 0) + 1);
        for (let n = 0; n < 3; n++) expect(await client.ask(port)).toBe(home);
      }
      expect(Object.fromEntries(counts)).toEqual({ a: 4, b: 4, c: 4 });
    });

    test('a hashed client has the same member from every port, and only its own are moved by a death', async () => {
      const { port, members } = await serve(start, {
        strategy: 'source-hash',
        outlier: { consecutiveFailures: 1, ejectFor: '10m', maxEjectedPercent: 100 },
      });
      const sources = Array.from({ length: 12 }, (__, i) => `127.0.2.${i * 17 + 1}`);
      const homes = new Map<string, string | undefined>();
      for (const source of sources) homes.set(source, await (await Peer.open(source)).ask(port));
      expect(new Set(homes.values()).size).toBe(3);
      for (const [source, home] of homes)
        expect(await (await Peer.open(source)).ask(port)).toBe(home);

      await members.get('b')?.[Symbol.asyncDispose]();
      const orphan = sources.find((source) => homes.get(source) === 'b') ?? '';
      const client = await Peer.open(orphan);
      // The first datagrams are lost, as on a wire: they find out.
      let answer: string | undefined;
      for (let i = 0; i < 10 && answer === undefined; i++) answer = await client.ask(port);
      expect(answer).toMatch(/^[ac]$/);
      for (const [source, home] of homes) {
        const now = await (await Peer.open(source)).ask(port);
        if (home === 'b') expect(now).toMatch(/^[ac]$/);
        else expect(now).toBe(home);
      }
    });

    test('clients of IPv4 and of IPv6 are answered', async () => {
      const { port } = await serve(start, {});
      expect(await (await Peer.open()).ask(port, '127.0.0.1')).toMatch(/^[abc]$/);
      expect(await (await Peer.open('::1')).ask(port, '::1')).toMatch(/^[abc]$/);
    });

    test('of all addresses, the one that was asked answers', async () => {
      const { port } = await serve(start, {}, {}, (own) => [`:${own}`]);
      for (const host of ['127.0.0.1', '::1']) {
        const client = await Peer.open(host);
        for (let n = 0; n < 2; n++) expect(await client.ask(port, host)).toMatch(/^[abc]$/);
      }
    });

    test('clients that are denied or too many are answered by nobody', async () => {
      const { port } = await serve(
        start,
        {},
        { access: { deny: ['127.0.3.0/24'] }, maxConnectionsPerSource: 1, maxConnections: 2 },
      );
      expect(await (await Peer.open('127.0.3.1')).ask(port)).toBeUndefined();
      const first = await Peer.open('127.0.4.1');
      expect(await first.ask(port)).toMatch(/^[abc]$/);
      expect(await (await Peer.open('127.0.4.1')).ask(port)).toBeUndefined();
      expect(await (await Peer.open('127.0.4.2')).ask(port)).toMatch(/^[abc]$/);
      expect(await (await Peer.open('127.0.4.3')).ask(port)).toBeUndefined();
      expect(await first.ask(port)).toMatch(/^[abc]$/);
    });
  });

  test('nginx answers from any address of loopback that was asked', async () => {
    const { port } = await serve(ENGINES['nginx']!, {}, {}, (own) => [`:${own}`]);
    const client = await Peer.open();
    for (const host of ['127.0.5.1', '127.0.5.2', '127.255.255.254', '127.0.5.1'])
      expect(await client.ask(port, host)).toMatch(/^[abc]$/);
  });
});
