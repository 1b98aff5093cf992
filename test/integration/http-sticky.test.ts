// Sticky cookies over real sockets: what clients and members see.
import { afterEach, describe, expect, test, vi } from 'vitest';
import { Balancer } from '../../src/balancer/balancer.js';
import {
  ask,
  connectHttp,
  get,
  type HttpMember,
  ok,
  post,
  startHttpMember,
} from '../support/http-peers.js';
import { connectHttp2 } from '../support/http2-peers.js';
import { connectTcp, deadPort, Stage, startTcpMember } from '../support/tcp-peers.js';

const stage = new Stage();
afterEach(() => stage.close());

const HTTP = { protocol: 'http' } as const;

/** A member that says its name, and sends these lines. */
async function member(name: string, lines = ''): Promise<HttpMember> {
  return stage.add(await startHttpMember(() => ok(name, lines)));
}

function poolOf(
  members: Readonly<Record<string, HttpMember | string>>,
  options: object = {},
): object {
  return {
    members: Object.entries(members).map(([name, at]) => ({
      name,
      address: typeof at === 'string' ? at : at.address,
    })),
    sticky: { mode: 'cookie', cookie: 'SRV' },
    ...options,
  };
}

async function two(options: object = {}, lines = '') {
  const a = await member('a', lines);
  const b = await member('b', lines);
  const opened = await stage.open([], HTTP, poolOf({ a, b }, options));
  return { ...opened, a, b };
}

/** `a SRV=a; path=/`: who answered, and the cookies that it set. */
async function visit(port: number, cookies?: string): Promise<string> {
  const lines = cookies === undefined ? '' : `Cookie: ${cookies}\r\n`;
  const answer = await ask(port, get('/', lines));
  return `${answer.body.toString()} ${answer.headers.get('set-cookie') ?? '-'}`;
}

describe('a sticky cookie', () => {
  test('is set once, brings the client back, and no member sees it', async () => {
    const { port, b } = await two();
    expect(await visit(port)).toBe('a SRV=a; path=/');
    for (let i = 0; i < 3; i++) expect(await visit(port, 'x=1; SRV=b; y=2')).toBe('b -');
    expect(await visit(port, 'SRV=b')).toBe('b -');
    const seen = b.requests.map((request) => request.headers.get('cookie'));
    expect(seen).toEqual(['x=1; y=2', 'x=1; y=2', 'x=1; y=2', undefined]);
  });

  test('is found and taken out of every Cookie line, and nothing else is touched', async () => {
    const { port, b } = await two();
    const answer = await ask(
      port,
      get(
        '/',
        'A: 1\r\nCookie: x=1; SRV=zz\r\nB: 2\r\ncookie:SRV=b;y=2\r\nCookie: SRV=c\r\nC: 3\r\n',
      ),
    );
    expect(answer.body.toString()).toBe('b');
    const lines = (b.requests[0]?.head ?? '')
      .split('\r\n')
      .filter((line) => !line.startsWith('X-F'));
    expect(lines).toEqual([
      'GET / HTTP/1.1',
      'Host: a.test',
      'A: 1',
      'Cookie: x=1',
      'B: 2',
      'cookie:y=2',
      'C: 3',
    ]);
  });

  test('goes with a body of any size, and with a request that a policy judged', async () => {
    const a = await member('a');
    const b = await member('b');
    const { port } = await stage.open(
      [],
      { ...HTTP, headers: { request: { set: { 'x-id': '1' } } } },
      poolOf({ a, b }),
    );
    for (const size of [0, 10, 5000, 100_000]) {
      const answer = await ask(port, post('x'.repeat(size), '/', 'Cookie: p=1; SRV=b\r\n'));
      expect(answer.body.toString()).toBe('b');
      expect(b.requests.at(-1)?.headers.get('cookie')).toBe('p=1');
      expect(b.requests.at(-1)?.body.length).toBe(size);
    }
  });

  test.each([
    ['the client calls it a matter of the hop', 'Connection: cookie\r\n', {}],
    ['the policy takes it out', '', { headers: { request: { remove: ['cookie'] } } }],
  ])('keeps the client with its member although %s', async (_, lines, options) => {
    const a = await member('a');
    const b = await member('b');
    const { port } = await stage.open([], { ...HTTP, ...options }, poolOf({ a, b }));
    const client = await connectHttp(port);
    for (let i = 0; i < 3; i++) {
      client.send(get(`/${i}`, `Cookie: x=1; SRV=b; y=2\r\n${lines}`));
      expect((await client.reply()).body.toString()).toBe('b');
    }
    const heads = b.requests.map((request) => request.head);
    for (const [i, head] of heads.entries()) {
      expect(head).toMatch(new RegExp(`^GET /${i} HTTP/1.1\\r\\nHost: a.test\\r\\n`));
      expect(head.toLowerCase()).not.toContain('cookie');
    }
    client.peer.socket.destroy();
  });

  test('holds over many requests of one connection, whose cookies change', async () => {
    const { port } = await two();
    const client = await connectHttp(port);
    for (const name of ['a', 'b', 'b', 'a', 'b']) {
      client.send(get('/', `Cookie: SRV=${name}\r\n`));
      const answer = await client.reply();
      expect([answer.body.toString(), answer.headers.get('set-cookie')]).toEqual([name, undefined]);
    }
    client.peer.socket.destroy();
  });

  test('has its attributes in the order of HAProxy', async () => {
    const { port } = await two({
      sticky: {
        mode: 'cookie',
        cookie: 'SRV',
        secure: true,
        httpOnly: true,
        sameSite: 'Lax',
        domain: 'example.com',
      },
    });
    expect(await visit(port)).toBe(
      'a SRV=a; path=/; domain=example.com; HttpOnly; Secure; SameSite=Lax',
    );
  });

  test('takes the place of one of the same name that the member sets', async () => {
    const { port } = await two({}, 'Set-Cookie: SRV=mine; Path=/x\r\nSet-Cookie: other=1\r\n');
    expect(await visit(port)).toBe('a other=1, SRV=a; path=/');
    expect(await visit(port, 'SRV=b')).toBe('b other=1');
  });

  test('keeps shared caches away from an answer that they could keep, and from no other', async () => {
    const { port } = await two({}, 'ETag: "1"\r\n');
    expect((await ask(port, get())).headers.get('cache-control')).toBe('private');
    const bound = await ask(port, get('/', 'Cookie: SRV=a\r\n'));
    expect(bound.headers.get('cache-control')).toBeUndefined();
    const posted = await ask(port, post('x'));
    expect(posted.headers.get('set-cookie')).toMatch(/^SRV=/);
    expect(posted.headers.get('cache-control')).toBeUndefined();
  });

  test('comes with no answer of the balancer itself', async () => {
    const { port, pool } = await two();
    pool.setState('a', 'maintenance');
    pool.setState('b', 'maintenance');
    const answer = await ask(port, get('/', 'Cookie: SRV=a\r\n'));
    expect([answer.status, answer.headers.get('set-cookie')]).toEqual([503, undefined]);
  });

  test('comes with the answer to an upgrade', async () => {
    const a = stage.add(
      await startHttpMember(
        () => 'HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhello',
      ),
    );
    const { port } = await stage.open([], HTTP, poolOf({ a }));
    const client = await connectHttp(port);
    client.send(get('/', 'Connection: Upgrade\r\nUpgrade: websocket\r\n'));
    const answer = await client.reply();
    expect([answer.status, answer.headers.get('set-cookie')]).toEqual([101, 'SRV=a; path=/']);
    await client.peer.read(client.peer.received.length - client.rest.length + 5);
    expect(client.rest).toBe('hello');
    client.peer.socket.destroy();
  });
});

describe('the member of a sticky client', () => {
  test('that drains goes on with it, and takes no one else', async () => {
    const { port, pool } = await two();
    pool.setState('a', 'drain');
    expect(await visit(port, 'SRV=a')).toBe('a -');
    expect([await visit(port), await visit(port)]).toEqual(['b SRV=b; path=/', 'b SRV=b; path=/']);
  });

  test('that can not be reached loses it to the one that answers', async () => {
    const b = await member('b');
    const { port } = await stage.open([], HTTP, poolOf({ a: `127.0.0.1:${await deadPort()}`, b }));
    expect(await visit(port, 'x=1; SRV=a')).toBe('b SRV=b; path=/');
    expect(b.requests[0]?.headers.get('cookie')).toBe('x=1');
  });

  test('that resets loses it to the one that answers', async () => {
    const a = stage.add(await startHttpMember((_, peer) => void peer.socket.resetAndDestroy()));
    const b = await member('b');
    const { port } = await stage.open([], HTTP, poolOf({ a, b }));
    expect(await visit(port, 'SRV=a')).toBe('b SRV=b; path=/');
    expect(a.requests).toHaveLength(1);
  });

  test.each([
    ['keep', 'b -'],
    ['refuse', '503'],
  ])('that can not be reached, onMemberDown %s: %s', async (onMemberDown, expected) => {
    const b = await member('b');
    const { port } = await stage.open(
      [],
      HTTP,
      poolOf({ a: `127.0.0.1:${await deadPort()}`, b }, { onMemberDown }),
    );
    if (expected === '503') {
      const answer = await ask(port, get('/', 'Cookie: SRV=a\r\n'));
      expect(answer.status).toBe(503);
      expect(b.requests).toHaveLength(0);
    } else expect(await visit(port, 'SRV=a')).toBe(expected);
  });

  test('that was removed gives it away', async () => {
    const { port, pool } = await two();
    await pool.remove('a');
    expect(await visit(port, 'SRV=a')).toBe('b SRV=b; path=/');
  });

  test('that is full lets it wait', async () => {
    const held: (() => void)[] = [];
    const a = stage.add(
      await startHttpMember((_, peer) => void held.push(() => peer.send(ok('a')))),
    );
    const b = await member('b');
    const { port, pool } = await stage.open([], HTTP, {
      ...poolOf({}),
      members: [
        { name: 'a', address: a.address, maxConnections: 1 },
        { name: 'b', address: b.address },
      ],
    });
    const first = visit(port, 'SRV=a');
    await a.next();
    const second = visit(port, 'SRV=a');
    await vi.waitFor(() => expect([pool.status().queued, held.length]).toEqual([1, 1]));
    held[0]?.();
    expect(await first).toBe('a -');
    await vi.waitFor(() => expect(held).toHaveLength(2));
    held[1]?.();
    expect(await second).toBe('a -');
    expect(b.requests).toHaveLength(0);
  });
});

describe('a cookie of the member', () => {
  test('rewritten names the member, and is seen by it', async () => {
    const { port, b } = await two(
      { sticky: { mode: 'cookie', cookie: 'SESSION', cookieMode: 'rewrite' } },
      'Set-Cookie: SESSION=abc; Path=/app\r\n',
    );
    expect(await visit(port)).toBe('a SESSION=a; Path=/app');
    expect(await visit(port, 'SESSION=b')).toBe('b SESSION=b; Path=/app');
    expect(b.requests[0]?.headers.get('cookie')).toBe('SESSION=b');
    for (const name of ['b', 'b', 'a', 'a']) {
      const served = await visit(port, `x=1\r\nCookie: SESSION=${name}`);
      expect(served).toBe(`${name} SESSION=${name}; Path=/app`);
    }
  });

  test('prefixed keeps its value, which alone the member sees', async () => {
    const { port, b } = await two(
      { sticky: { mode: 'cookie', cookie: 'SESSION', cookieMode: 'prefix' } },
      'Set-Cookie: SESSION=abc; Path=/app\r\n',
    );
    expect(await visit(port)).toBe('a SESSION=a~abc; Path=/app');
    expect(await visit(port, 'x=1; SESSION=b~abc')).toBe('b SESSION=b~abc; Path=/app');
    expect(b.requests[0]?.headers.get('cookie')).toBe('x=1; SESSION=abc');
  });
});

describe('sticky clients of a balancer', () => {
  const spec = (a: HttpMember, b: HttpMember, sticky: object) => ({
    frontends: [{ name: 'public', protocol: 'http', bind: ['127.0.0.1:0'], pool: 'web' }] as const,
    pools: [{ name: 'web', ...poolOf({ a, b }, { sticky }) }],
  });

  test('with a cookie stay where they are when it restarts', async () => {
    const [a, b] = [await member('a'), await member('b')];
    for (let i = 0; i < 2; i++) {
      const balancer = new Balancer(spec(a, b, { mode: 'cookie', cookie: 'SRV' }));
      const { public: bound } = await balancer.start();
      expect(await visit(bound?.[0]?.port ?? 0, 'SRV=b')).toBe('b -');
      await balancer.close();
    }
  });

  test('by address or header stay where they are through an apply', async () => {
    const [a, b] = [await member('a'), await member('b')];
    const header = { mode: 'header', header: 'X-User' } as const;
    await using balancer = new Balancer(spec(a, b, header));
    const { public: bound } = await balancer.start();
    const port = bound?.[0]?.port ?? 0;
    const as = async (user: string): Promise<string> =>
      (await ask(port, get('/', `X-User: ${user}\r\n`))).body.toString();
    expect([await as('kim'), await as('lee'), await as('kim')]).toEqual(['a', 'b', 'a']);
    await balancer.apply(spec(a, b, { ...header, ttl: '1h', size: 500 }));
    expect([await as('lee'), await as('kim'), await as('kim')]).toEqual(['b', 'a', 'a']);
  });
});

describe('stickiness by address on tcp', () => {
  test('brings a client back to its member, and lets it go when that is removed', async () => {
    const greet = (name: string) => startTcpMember((peer) => void peer.socket.end(name));
    const [a, b] = [stage.add(await greet('a')), stage.add(await greet('b'))];
    const { port, pool } = await stage.open(
      [],
      {},
      {
        members: [
          { name: 'a', address: a.address },
          { name: 'b', address: b.address },
        ],
        sticky: { mode: 'source-ip' },
      },
    );
    const call = async (): Promise<string> => {
      const peer = await connectTcp(port);
      await peer.ending;
      peer.socket.destroy();
      return peer.text;
    };
    expect([await call(), await call(), await call()]).toEqual(['a', 'a', 'a']);
    await pool.remove('a');
    expect([await call(), await call()]).toEqual(['b', 'b']);
  });
});

describe('a sticky cookie over HTTP/2', () => {
  test('is set once, brings the client back, and no member sees it', async () => {
    const [a, b] = [await member('a', 'Set-Cookie: own=1\r\nETag: "1"\r\n'), await member('b')];
    const { port } = await stage.open(
      [],
      { ...HTTP, http2: { cleartext: true } },
      poolOf({ a, b }),
    );
    const client = stage.add(await connectHttp2(port));
    const first = await client.ask('/');
    expect(first.body.toString()).toBe('a');
    expect(first.headers['set-cookie']).toEqual(['own=1', 'SRV=a; path=/']);
    expect(first.headers['cache-control']).toBe('private');
    for (let i = 0; i < 3; i++) {
      const back = await client.ask('/', { headers: { cookie: ['x=1', 'SRV=b', 'y=2'] } });
      expect(back.body.toString()).toBe('b');
      expect(back.headers['set-cookie']).toBeUndefined();
    }
    expect(b.requests.map(({ headers }) => headers.get('cookie'))).toEqual(
      Array.from({ length: 3 }, () => 'x=1; y=2'),
    );
  });
});
