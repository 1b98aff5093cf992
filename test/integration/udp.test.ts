// UDP sessions: who gets whose answers, and what happens when members go.
import dgram from 'node:dgram';
import { once } from 'node:events';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { Frontend, type FrontendOptions } from '../../src/frontend/frontend.js';
import type { PoolDependencies } from '../../src/pool/options.js';
import { Pool } from '../../src/pool/pool.js';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

interface UdpMember {
  readonly name: string;
  readonly address: string;
  readonly socket: dgram.Socket;
  close(): Promise<void>;
}

/** A member that answers `name:text` to every datagram. */
async function startMember(name: string, host = '127.0.0.1', port = 0): Promise<UdpMember> {
  const socket = dgram.createSocket(host.includes(':') ? 'udp6' : 'udp4');
  socket.on('message', (message, from) => {
    socket.send(`${name}:${message.toString()}`, from.port, from.address);
  });
  socket.bind(port, host);
  await once(socket, 'listening');
  let isOpen = true;
  const close = async (): Promise<void> => {
    if (!isOpen) return;
    isOpen = false;
    socket.close();
    await once(socket, 'close');
  };
  closers.push(close);
  const address = host.includes(':')
    ? `[${host}]:${socket.address().port}`
    : `${host}:${socket.address().port}`;
  return { name, address, socket, close };
}

/** A client that can ask one thing at a time. */
class UdpClient {
  readonly socket: dgram.Socket;
  readonly #answers: string[] = [];
  #waiting: ((answer: string) => void)[] = [];

  constructor(type: 'udp4' | 'udp6' = 'udp4') {
    this.socket = dgram.createSocket(type);
    this.socket.on('message', (message) => {
      const wake = this.#waiting.shift();
      if (wake === undefined) this.#answers.push(message.toString());
      else wake(message.toString());
    });
    closers.push(() => this.socket.close());
  }

  send(text: string, port: number, host = '127.0.0.1'): void {
    this.socket.send(text, port, host);
  }

  receive(): Promise<string> {
    const answer = this.#answers.shift();
    if (answer !== undefined) return Promise.resolve(answer);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  ask(text: string, port: number, host = '127.0.0.1'): Promise<string> {
    const answer = this.receive();
    this.send(text, port, host);
    return answer;
  }
}

async function open(
  members: readonly UdpMember[],
  options: Partial<FrontendOptions> = {},
  poolOptions: object = {},
  poolParts: PoolDependencies = {},
): Promise<{ frontend: Frontend; pool: Pool; port: number }> {
  const pool = new Pool(
    {
      name: 'pool',
      members: members.map(({ name, address }) => ({ name, address })),
      ...poolOptions,
    },
    poolParts,
  );
  const frontend = new Frontend({
    name: 'dns',
    protocol: 'udp',
    bind: '127.0.0.1:0',
    pool,
    ...options,
  });
  closers.push(() => frontend.close());
  const [bound] = await frontend.listen();
  return { frontend, pool, port: bound?.port ?? 0 };
}

describe('a udp frontend', () => {
  test('answers 4,000 datagrams of 400 clients and crosses none', async () => {
    const members = await Promise.all(['a', 'b', 'c'].map((name) => startMember(name)));
    const { port, frontend } = await open(members);
    let wrong = 0;
    const homes = await Promise.all(
      Array.from({ length: 400 }, async (_, id) => {
        const client = new UdpClient();
        const seen = new Set<string>();
        for (let i = 0; i < 10; i++) {
          const [name, text] = (await client.ask(`${id}/${i}`, port)).split(':');
          if (text !== `${id}/${i}`) wrong++;
          seen.add(name ?? '');
        }
        expect(seen.size).toBe(1);
        return [...seen][0];
      }),
    );
    expect(wrong).toBe(0);
    for (const { name } of members) {
      expect(homes.filter((home) => home === name).length).toBeGreaterThan(120);
    }
    expect(frontend.status()).toMatchObject({ active: 400, totals: { connections: 400 } });
  });

  test('gives one source the same member with source-hash, whatever its port', async () => {
    const members = await Promise.all(['a', 'b', 'c'].map((name) => startMember(name)));
    const { port } = await open(members, {}, { strategy: 'source-hash' });
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => new UdpClient().ask('x', port)),
    );
    expect(new Set(answers).size).toBe(1);
  });

  test('keeps what a new client sends while a sticky store is asked, and drops it if there is no member', async () => {
    const [a, b] = [await startMember('a'), await startMember('b')];
    let answer: (name: string | undefined) => void = () => {};
    const get = (): Promise<string | undefined> =>
      new Promise((resolve) => {
        answer = resolve;
      });
    const shared = { get, set: () => {}, touch: () => {}, delete: () => {} };
    const sticky = { mode: 'source-ip', store: 'shared' };
    const { port, frontend, pool } = await open([a, b], {}, { sticky }, { extensions: { shared } });
    const client = new UdpClient();
    client.send('1', port);
    client.send('2', port);
    await vi.waitFor(() => expect(frontend.status().totals.bytesIn).toBe(2));
    answer('b');
    expect([await client.receive(), await client.receive()]).toEqual(['b:1', 'b:2']);
    for (const name of ['a', 'b']) await pool.remove(name, { deadlineMs: 0 });
    const late = new UdpClient();
    late.send('3', port);
    await vi.waitFor(() => expect(frontend.status()).toMatchObject({ active: 2 }));
    answer('b');
    await vi.waitFor(() => expect(frontend.status().active).toBe(1));
    expect(frontend.status().totals.failed).toBe(1);
  });

  test('serves IPv6, and answers from the address that was asked', async () => {
    const member = await startMember('six', '::1');
    const { frontend } = await open([member], { bind: ':0' });
    const bound = frontend.status().addresses;
    const port = bound[0]?.port ?? 0;
    expect(new Set(bound.map((address) => address.port)).size).toBe(1);
    const client = new UdpClient('udp6');
    client.socket.connect(port, '::1');
    await once(client.socket, 'connect');
    const answer = client.receive();
    // A connected socket takes answers from nowhere else.
    client.socket.send('x');
    expect(await answer).toBe('six:x');
    const other = new UdpClient();
    other.socket.connect(port, '127.0.0.1');
    await once(other.socket, 'connect');
    const second = other.receive();
    other.socket.send('y');
    expect(await second).toBe('six:y');
  });

  test('listens on the address of a name', async () => {
    const { frontend } = await open([await startMember('a')], { bind: 'localhost:0' });
    const [bound] = frontend.status().addresses;
    const { address = '', port = 0 } = bound ?? {};
    expect(['127.0.0.1', '::1']).toContain(address);
    const client = new UdpClient(address.includes(':') ? 'udp6' : 'udp4');
    expect(await client.ask('x', port, address)).toBe('a:x');
  });

  test('moves a client to another member when its own refuses', async () => {
    const members = await Promise.all(['a', 'b'].map((name) => startMember(name)));
    const { port, pool } = await open(members);
    const client = new UdpClient();
    const [home] = (await client.ask('1', port)).split(':');
    await members.find(({ name }) => name === home)?.close();
    client.send('lost, as on a wire', port);
    await vi.waitUntil(() => pool.member(home ?? '')?.state.totals.failed === 1);
    const moved = await client.ask('again', port);
    expect(moved.split(':')[0]).not.toBe(home);
    // The other member stays its home.
    expect((await client.ask('2', port)).split(':')[0]).toBe(moved.split(':')[0]);
  });

  test('drops what comes while there is no descriptor for a member, and serves the client after it', async () => {
    const { port, frontend, pool } = await open([await startMember('a')]);
    const client = new UdpClient();
    client.socket.bind(0, '127.0.0.1');
    await once(client.socket, 'listening');
    // As Node does it then, before `connect` returns.
    const bind = vi.spyOn(dgram.Socket.prototype, 'bind');
    bind.mockImplementationOnce(function (this: dgram.Socket) {
      this.emit('error', Object.assign(new Error('bind EMFILE'), { code: 'EMFILE' }));
      return this;
    });
    client.send('lost', port);
    await vi.waitFor(() => expect(frontend.status().totals.failed).toBe(1));
    bind.mockRestore();
    expect(await client.ask('x', port)).toBe('a:x');
    expect(pool.status().members[0]?.totals.failed).toBe(0);
  });

  test('notices a refusal that comes back between two datagrams sent at once', async () => {
    const members = await Promise.all(['a', 'b'].map((name) => startMember(name)));
    const { port, pool } = await open(members);
    const client = new UdpClient();
    const [home = ''] = (await client.ask('1', port)).split(':');
    await members.find(({ name }) => name === home)?.close();
    client.send('2', port);
    client.send('3', port);
    await vi.waitUntil(() => pool.member(home)?.state.totals.failed === 1);
    expect((await client.ask('4', port)).split(':')[0]).not.toBe(home);
  });

  test.each([
    ['round-robin', 1],
    ['round-robin', 3],
    ['first', 1],
    ['first', 3],
  ])(
    'finds by %s the member that lives behind %i that refuse, with one datagram for each of them',
    async (strategy, dead) => {
      const members = await Promise.all(['a', 'b', 'c', 'd'].map((name) => startMember(name)));
      const { port, pool } = await open(members, {}, { strategy });
      for (const member of members.slice(0, dead)) await member.close();
      const lives = members.slice(dead).map(({ name }) => name);
      const refusals = (): number =>
        pool.members.reduce((sum, { state }) => sum + state.totals.failed, 0);
      // New clients, wherever round robin takes them first.
      for (let i = 0; i < 4; i++) {
        const client = new UdpClient();
        const before = refusals();
        const answer = client.receive();
        let got: string | undefined;
        for (let sent = 1; got === undefined; sent++) {
          expect(sent).toBeLessThanOrEqual(dead + 1);
          client.send('x', port);
          const refused = vi.waitUntil(() => refusals() === before + sent).then(() => undefined);
          got = await Promise.race([answer, refused]);
        }
        expect(lives).toContain(got.split(':')[0]);
      }
    },
  );

  test('moves a client at its next datagram when its member goes into maintenance or is removed', async () => {
    const members = await Promise.all(['a', 'b', 'c'].map((name) => startMember(name)));
    const { port, pool } = await open(members);
    const client = new UdpClient();
    const [first = ''] = (await client.ask('1', port)).split(':');
    pool.setState(first, 'maintenance');
    const [second = ''] = (await client.ask('2', port)).split(':');
    expect(second).not.toBe(first);
    void pool.remove(second);
    const [third = ''] = (await client.ask('3', port)).split(':');
    expect([first, second]).not.toContain(third);
  });

  test('leaves a client with a member that drains', async () => {
    const members = await Promise.all(['a', 'b'].map((name) => startMember(name)));
    const { port, pool } = await open(members);
    const client = new UdpClient();
    const [home = ''] = (await client.ask('1', port)).split(':');
    void pool.drain(home);
    expect((await client.ask('2', port)).split(':')[0]).toBe(home);
    const others = await Promise.all(
      Array.from({ length: 6 }, () => new UdpClient().ask('x', port)),
    );
    expect(others.some((answer) => answer.startsWith(`${home}:`))).toBe(false);
  });

  test('ends a session after silence, and gives its member back', async () => {
    const { port, frontend, pool } = await open([await startMember('a')], {
      timeouts: { udpSession: '100ms' },
    });
    await new UdpClient().ask('x', port);
    expect(frontend.status().active).toBe(1);
    await vi.waitUntil(() => frontend.status().active === 0);
    expect(pool.status().members[0]?.active).toBe(0);
  });

  test('drops new clients past maxConnections, and serves those it has', async () => {
    const { port, frontend } = await open([await startMember('a')], { maxConnections: 2 });
    const overloads: number[] = [];
    frontend.events.on('frontend:overload', ({ rejected }) => overloads.push(rejected));
    const clients = [new UdpClient(), new UdpClient()];
    for (const client of clients) await client.ask('x', port);
    const late = new UdpClient();
    late.send('nobody hears this', port);
    late.send('nor this', port);
    for (const client of clients) expect(await client.ask('y', port)).toBe('a:y');
    expect(frontend.status()).toMatchObject({ active: 2, totals: { rejected: 2 } });
    expect(overloads).toEqual([1]);
  });

  test('drops and counts what has no member, and what the access list denies', async () => {
    const empty = await open([]);
    const denying = await open([await startMember('a')], { access: { deny: ['127.0.0.1'] } });
    const client = new UdpClient();
    client.send('x', empty.port);
    client.send('x', denying.port);
    await vi.waitUntil(() => empty.frontend.status().totals.failed === 1);
    await vi.waitUntil(() => denying.frontend.status().totals.rejected === 1);
    expect(empty.frontend.status().active).toBe(0);
    expect(denying.frontend.status().active).toBe(0);
  });

  test('passes datagrams of every size, empty ones too', async () => {
    const { port } = await open([await startMember('a')]);
    const client = new UdpClient();
    for (const size of [0, 1, 1472, 9000, 60_000]) {
      expect((await client.ask('z'.repeat(size), port)).length).toBe(size + 2);
    }
  });

  test('drains: known clients finish, then the address is free', async () => {
    const { port, frontend } = await open([await startMember('a')]);
    const client = new UdpClient();
    await client.ask('1', port);
    const done = frontend.drain(20_000);
    expect(await client.ask('2', port)).toBe('a:2');
    new UdpClient().send('too late', port);
    expect(await done).toEqual({ completed: 1, aborted: 0, stillOpen: 0 });
    expect(frontend.status().totals.rejected).toBe(1);
    await startMember('next', '127.0.0.1', port);
  });

  test('is cut at the deadline of a drain', async () => {
    const { port, frontend, pool } = await open([await startMember('a')]);
    await new UdpClient().ask('1', port);
    expect(await frontend.drain(50)).toEqual({ completed: 0, aborted: 1, stillOpen: 0 });
    expect(pool.status().members[0]?.active).toBe(0);
  });

  test('routes by source, and a reload moves the address without losing a session', async () => {
    const [a, b] = [await startMember('a'), await startMember('b')];
    const lan = new Pool({ name: 'lan', members: [b.address] });
    const { port, frontend, pool } = await open([a], {
      routes: [{ match: { source: '127.0.0.2' }, pool: lan }],
    });
    const near = new UdpClient();
    near.socket.bind(0, '127.0.0.2');
    await once(near.socket, 'listening');
    expect(await near.ask('x', port)).toBe('b:x');
    const far = new UdpClient();
    expect(await far.ask('x', port)).toBe('a:x');
    const next = { ...frontend.config, bind: ['127.0.0.1:0', '127.0.0.3:0'], routes: [] };
    (await frontend.prepare(next, () => pool)).commit();
    expect(frontend.status().addresses).toHaveLength(2);
    expect(await near.ask('y', port)).toBe('b:y');
    expect(await far.ask('y', port)).toBe('a:y');
  });
});
