// Stickiness over a real redis-server that several balancers share, is slow, dies and comes back.
import dgram from 'node:dgram';
import { once } from 'node:events';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Balancer } from '../../src/balancer/balancer.js';
import { RedisStickyStore } from '../../src/redis/index.js';
import { ask, get, ok, startHttpMember } from '../support/http-peers.js';
import { describeWith } from '../support/program.js';
import { startRedis } from '../support/servers/redis.js';
import type { RunningServer } from '../support/servers/server-process.js';
import { Stage } from '../support/tcp-peers.js';

const stage = new Stage();
afterEach(() => stage.close());

const NAMES: readonly string[] = ['a', 'b', 'c'];
const USERS: readonly string[] = Array.from({ length: 9 }, (_, i) => `user-${i}`);

interface Site {
  /** Who serves a user. */
  visit(user: string): Promise<string>;
  /** Store events in their order: `failed REASON`, `back`. */
  readonly told: string[];
}

describeWith(['redis-server'], 'stickiness over redis', () => {
  let server: RunningServer;
  beforeEach(async () => {
    server = await startRedis();
    return async () => server.stop('SIGKILL');
  });

  /** A store that has spoken to Redis: what comes is not about a connection that is being made. */
  async function storeOf(port: number): Promise<RedisStickyStore> {
    const store = stage.add(new RedisStickyStore({ port, retryStrategy: () => 50 }));
    await expect.poll(() => store.get('warm-up').then(() => true)).toBe(true);
    return store;
  }

  /** A balancer in front of three members, which a header's value belongs to. */
  async function open(members: readonly object[], store: RedisStickyStore): Promise<Site> {
    const balancer = stage.add(
      new Balancer(
        {
          frontends: [{ name: 'web', protocol: 'http', bind: '127.0.0.1:0', pool: 'web' }],
          pools: [
            {
              name: 'web',
              members: members as never,
              sticky: { mode: 'header', header: 'X-User', store: 'shared' },
            },
          ],
        },
        { extensions: { shared: store } },
      ),
    );
    const told: string[] = [];
    balancer.events.on('sticky:store-failed', ({ reason }) => told.push(`failed ${reason}`));
    balancer.events.on('sticky:store-back', () => told.push('back'));
    const { web } = await balancer.start();
    const port = web?.[0]?.port ?? 0;
    const visit = async (user: string): Promise<string> => {
      const { status, body } = await ask(port, get('/', `X-User: ${user}\r\n`));
      expect(status).toBe(200);
      return body.toString();
    };
    return { visit, told };
  }

  async function three(): Promise<readonly object[]> {
    const members = NAMES.map(async (name) => {
      const { address } = stage.add(await startHttpMember(() => ok(name)));
      return { name, address };
    });
    return Promise.all(members);
  }

  /** Who serves each user, one after the other. */
  async function homes({ visit }: Site): Promise<string> {
    let found = '';
    for (const user of USERS) found += await visit(user);
    return found;
  }

  test('clients stay with their members through every balancer, and through a restart', async () => {
    const members = await three();
    const first = await open(members, await storeOf(server.port));
    const known = await homes(first);
    expect(known).toBe('abcabcabc');
    expect(await homes(first)).toBe(known);
    const second = await open(members, await storeOf(server.port));
    // By itself it would begin with the first member for whoever comes first.
    await second.visit('somebody else');
    expect(await homes(second)).toBe(known);
    expect([...first.told, ...second.told]).toEqual([]);
  });

  test('a server that dies under load costs no request, is told of once, and is used again when it is back', async () => {
    const site = await open(await three(), await storeOf(server.port));
    const { visit, told } = site;
    await homes(site);
    const over = new AbortController();
    let visits = 0;
    const load = USERS.map(async (user) => {
      while (!over.signal.aborted) {
        expect(NAMES).toContain(await visit(user));
        visits++;
      }
    });
    await expect.poll(() => visits).toBeGreaterThan(50);
    await server.stop('SIGKILL');
    await expect.poll(() => told.length).toBe(1);
    expect(told[0]).toMatch(/^failed /);
    const before = visits;
    await expect.poll(() => visits).toBeGreaterThan(before + 50);
    expect(told).toHaveLength(1);
    server = await startRedis({ port: server.port });
    await expect.poll(() => told, { timeout: 15_000 }).toHaveLength(2);
    expect(told[1]).toBe('back');
    over.abort();
    await Promise.all(load);
    const known = await homes(site);
    expect(await homes(site)).toBe(known);
  });

  test('a server that hangs is waited for so long and no longer', async () => {
    const site = await open(await three(), await storeOf(server.port));
    const { visit, told } = site;
    const known = await homes(site);
    const admin = new Redis(server.port);
    await admin.call('CLIENT', 'PAUSE', '1500', 'ALL');
    const answers = await Promise.all(USERS.map((user) => visit(user)));
    for (const name of answers) expect(NAMES).toContain(name);
    expect(told).toEqual(['failed no answer within 250ms']);
    // What it knew before the pause it knows after it: nothing was written meanwhile.
    await expect.poll(() => told, { timeout: 15_000, interval: 100 }).toHaveLength(1);
    await expect
      .poll(async () => (await visit(USERS[0]!)) && told.at(-1), { timeout: 15_000 })
      .toBe('back');
    expect(await homes(site)).toBe(known);
    admin.disconnect();
  });

  test('a udp client is brought back by it, and served without it when it is gone', async () => {
    const members = NAMES.map(async (name) => {
      const socket = dgram.createSocket('udp4');
      socket.on('message', (text, from) => {
        socket.send(`${name}:${text.toString()}`, from.port, from.address);
      });
      socket.bind(0, '127.0.0.1');
      await once(socket, 'listening');
      stage.add({ close: () => new Promise<void>((closed) => socket.close(closed)) });
      return { name, address: `127.0.0.1:${socket.address().port}` };
    });
    const balancer = stage.add(
      new Balancer(
        {
          frontends: [{ name: 'dns', protocol: 'udp', bind: '127.0.0.1:0', pool: 'dns' }],
          pools: [
            {
              name: 'dns',
              members: await Promise.all(members),
              sticky: { mode: 'source-ip', store: 'shared' },
            },
          ],
        },
        { extensions: { shared: await storeOf(server.port) } },
      ),
    );
    const told: string[] = [];
    balancer.events.on('sticky:store-failed', ({ reason }) => told.push(reason));
    const { dns } = await balancer.start();
    const port = dns?.[0]?.port ?? 0;
    /** One session: two datagrams, of which the first has to wait for the store. */
    const session = async (): Promise<string> => {
      const socket = dgram.createSocket('udp4');
      const answers: string[] = [];
      socket.on('message', (text) => answers.push(text.toString()));
      socket.send('1', port, '127.0.0.1');
      socket.send('2', port, '127.0.0.1');
      await expect.poll(() => answers.length, { timeout: 5000 }).toBe(2);
      await new Promise<void>((closed) => socket.close(closed));
      return answers.toSorted((x, y) => x.localeCompare(y)).join(' ');
    };
    // Each session has a port of its own; without the store the second would go to the next member.
    for (let i = 0; i < 3; i++) expect(await session()).toBe('a:1 a:2');
    await server.stop('SIGKILL');
    for (let i = 0; i < 3; i++) expect(await session()).toMatch(/^([abc]):1 \1:2$/);
    expect(told).toHaveLength(1);
  });
});
