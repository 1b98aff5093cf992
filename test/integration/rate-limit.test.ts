// Rate limits on real sockets: http requests, tcp connections, udp sessions.
import dgram from 'node:dgram';
import { once } from 'node:events';
import { constants } from 'node:http2';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { Balancer } from '../../src/balancer/balancer.js';
import type { RateLimitVerdict } from '../../src/rate-limit/rule.js';
import { VirtualClock } from '../../src/testkit/virtual-clock.js';
import {
  connectHttp,
  get,
  type HttpClient,
  type HttpMessage,
  ok,
  startHttpMember,
} from '../support/http-peers.js';
import { connectHttp2 } from '../support/http2-peers.js';
import { connectTcp, Stage, startEcho } from '../support/tcp-peers.js';

const stage = new Stage();
const clocks: VirtualClock[] = [];

afterEach(() => whileTimePasses(stage.close()));

/** Closing takes time, which a clock of a test does not have by itself. */
async function whileTimePasses(closing: Promise<void>): Promise<void> {
  const closed = closing.then(() => true);
  const turn = async (): Promise<boolean> => {
    for (const clock of clocks) clock.advance(100);
    await nextTurn();
    return false;
  };
  while (!(await Promise.race([closed, turn()])));
  clocks.length = 0;
}

async function ask(client: HttpClient, request: string): Promise<HttpMessage> {
  client.send(request);
  return client.reply();
}

const HTTP = { protocol: 'http' } as const;
const SHORT = { requests: 2, window: '10s' } as const;

/** An environment whose time a test moves. */
function still(): { readonly clock: VirtualClock; readonly environment: { clock: VirtualClock } } {
  const clock = new VirtualClock();
  clocks.push(clock);
  return { clock, environment: { clock } };
}

async function statuses(port: number, count: number, lines = ''): Promise<readonly number[]> {
  const client = await connectHttp(port);
  const found: number[] = [];
  for (let i = 0; i < count; i++) found.push((await ask(client, get('/', lines))).status);
  client.peer.socket.destroy();
  return found;
}

describe('a rate limit of http', () => {
  test('denies with 429, says when to come back, and keeps the connection', async () => {
    const member = stage.add(await startHttpMember(() => ok()));
    const { environment } = still();
    const { port, frontend } = await stage.open(
      [member],
      { ...HTTP, rateLimit: { requests: 5, window: '2s' } },
      {},
      { environment },
    );
    const client = await connectHttp(port);
    for (let i = 0; i < 5; i++) expect((await ask(client, get('/'))).status).toBe(200);
    for (let i = 0; i < 7; i++) {
      const denied = await ask(client, get('/'));
      expect(denied.status).toBe(429);
      expect(denied.headers.get('retry-after')).toMatch(/^[34]$/);
      expect(denied.headers.get('ratelimit')).toMatch(/^"front";r=0;t=[34]$/);
      expect(denied.headers.get('ratelimit-policy')).toBe('"front";q=5;w=2');
      expect(denied.body.toString()).toBe('429 Too Many Requests\n');
      expect(denied.headers.has('connection')).toBe(false);
    }
    expect(member.requests).toHaveLength(5);
    expect(frontend.status().totals).toMatchObject({ requests: 12, limited: 7, failed: 7 });
    client.peer.socket.destroy();
    const other = await connectTcp(port, { localAddress: '127.0.0.2' });
    other.send(get('/'));
    expect(await other.read(15)).toMatch(/^HTTP\/1.1 200 OK/);
  });

  test('answers the status it is told to, and counts by header, cookie or frontend', async () => {
    const member = stage.add(await startHttpMember(() => ok()));
    const rateLimit = [
      { ...SHORT, key: { header: 'X-Api-Key' }, status: 503 },
      { ...SHORT, key: { cookie: 'id' } },
      { requests: 7, window: '10s', key: 'frontend' },
    ] as const;
    const { environment } = still();
    const { port } = await stage.open([member], { ...HTTP, rateLimit }, {}, { environment });
    expect(await statuses(port, 3, 'x-api-key: a\r\n')).toEqual([200, 200, 503]);
    expect(await statuses(port, 3, 'Cookie: a=1; id=7\r\n')).toEqual([200, 200, 429]);
    expect(await statuses(port, 2)).toEqual([200, 429]);
  });

  test('of a route counts what that route takes, and lives on when the route moves', async () => {
    const member = stage.add(await startHttpMember(() => ok()));
    const { environment } = still();
    const limited = { match: { path: '/api/' }, pool: 'web', rateLimit: SHORT };
    const spec = (routes: readonly object[]): never =>
      ({
        frontends: [{ name: 'web', protocol: 'http', bind: '127.0.0.1:0', pool: 'web', routes }],
        pools: [{ name: 'web', members: [member.address] }],
      }) as never;
    const balancer = stage.add(new Balancer(spec([limited]), { environment }));
    const client = await connectHttp((await balancer.start())['web']?.[0]?.port ?? 0);
    const paths = ['/api/1', '/', '/api/2', '/api/3', '/'];
    const found: number[] = [];
    for (const path of paths) found.push((await ask(client, get(path))).status);
    expect(found).toEqual([200, 200, 200, 429, 200]);
    const other = { match: { path: '/x/' }, respond: { status: 204 } };
    await balancer.apply(spec([other, limited]));
    const denied = await ask(client, get('/api/4'));
    expect([denied.status, denied.headers.get('ratelimit')]).toEqual([429, '"routes[1]";r=0;t=16']);
    client.peer.socket.destroy();
  });

  test('closes the connection without an answer where it is told to', async () => {
    const member = stage.add(await startHttpMember(() => ok()));
    const rateLimit = { ...SHORT, action: 'close' } as const;
    const { port, frontend } = await stage.open([member], { ...HTTP, rateLimit });
    const client = await connectHttp(port);
    client.send(get('/1') + get('/2') + get('/3') + get('/4'));
    expect((await client.reply()).status).toBe(200);
    expect((await client.reply()).status).toBe(200);
    await client.peer.ending;
    expect(client.rest).toBe('');
    expect(member.requests).toHaveLength(2);
    expect(frontend.status().totals.limited).toBe(1);
  });

  test('delays requests, in their order, and denies those that would wait too long', async () => {
    const member = stage.add(await startHttpMember((request) => ok(request.firstLine)));
    const { environment, clock } = still();
    const rateLimit = {
      requests: 10,
      window: '1s',
      algorithm: 'gcra',
      burst: 1,
      action: 'delay',
      maxDelay: '250ms',
    } as const;
    const { port, frontend } = await stage.open(
      [member],
      { ...HTTP, rateLimit },
      {},
      { environment },
    );
    const clients = [await connectHttp(port), await connectHttp(port), await connectHttp(port)];
    expect((await ask(clients[0]!, get('/0'))).status).toBe(200);
    const delayed = clients.map(async (client, i) => {
      client.send(get(`/${i + 1}`));
      return client.reply();
    });
    // The third would wait for 300 ms.
    const first = await Promise.race(delayed);
    expect([first.status, first.headers.get('retry-after')]).toEqual([429, '1']);
    expect(frontend.status().totals).toMatchObject({ limited: 1, delayed: 2 });
    expect(member.requests).toHaveLength(1);
    await clock.advanceAsync(200);
    const answers = await Promise.all(delayed);
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 200, 429]);
    expect(member.requests).toHaveLength(3);
    for (const client of clients) client.peer.socket.destroy();
  });

  const ONE_WAITS = {
    requests: 1,
    window: '1s',
    action: 'delay',
    maxDelay: '9s',
    maxQueued: 1,
  } as const;

  test.each([
    ['resets', 'resetAndDestroy'],
    ['ends its side, as a program does that is killed', 'end'],
  ] as const)(
    'forgets a client that %s while it is delayed, and lets another wait in its place',
    async (_, leave) => {
      const member = stage.add(await startHttpMember(() => ok()));
      const { environment, clock } = still();
      const { port, frontend } = await stage.open(
        [member],
        { ...HTTP, rateLimit: ONE_WAITS },
        {},
        { environment },
      );
      const client = await connectHttp(port);
      const other = await connectHttp(port);
      await ask(client, get('/'));
      client.send(get('/late'));
      await expect.poll(() => frontend.status().totals.delayed).toBe(1);
      expect((await ask(other, get('/no-room'))).status).toBe(429);
      client.peer.socket[leave]();
      await expect.poll(() => frontend.status().active).toBe(1);
      other.send(get('/waits'));
      await expect.poll(() => frontend.status().totals.delayed).toBe(2);
      await clock.advanceAsync(9000);
      expect((await other.reply()).status).toBe(200);
      expect(member.requests.map(({ firstLine }) => firstLine)).toEqual([
        'GET / HTTP/1.1',
        'GET /waits HTTP/1.1',
      ]);
      other.peer.socket.destroy();
    },
  );

  test('of HTTP/2 counts streams, and lets another wait in the place of one that is reset', async () => {
    const member = stage.add(await startHttpMember(() => ok()));
    const { environment, clock } = still();
    const { port, frontend } = await stage.open(
      [member],
      { ...HTTP, http2: { cleartext: true }, rateLimit: ONE_WAITS },
      {},
      { environment },
    );
    const client = stage.add(await connectHttp2(port));
    expect((await client.ask('/')).status).toBe(200);
    const late = client.open('/late');
    await expect.poll(() => frontend.status().totals.delayed).toBe(1);
    const denied = await client.ask('/no-room');
    expect(denied.status).toBe(429);
    expect(denied.headers['retry-after']).toMatch(/^[23]$/);
    late.close(constants.NGHTTP2_CANCEL);
    await once(late, 'close');
    // Behind the reset: its answer says that the reset has been read.
    await new Promise((resolve) => client.session.ping(resolve));
    const waiting = client.ask('/waits');
    await expect.poll(() => frontend.status().totals.delayed).toBe(2);
    await clock.advanceAsync(9000);
    expect((await waiting).status).toBe(200);
    expect(member.requests).toHaveLength(2);
  });

  test('of tcp goes by the client that a PROXY header names, and resets who finds no room to wait', async () => {
    const member = stage.add(await startEcho());
    const { environment, clock } = still();
    const { port, frontend } = await stage.open(
      [member],
      { rateLimit: ONE_WAITS, acceptProxyProtocol: { trust: ['127.0.0.1'] } },
      {},
      { environment },
    );
    const header = 'PROXY TCP4 192.0.2.7 192.0.2.1 4000 80\r\n';
    const first = await connectTcp(port);
    first.send(`${header}1`);
    await first.read(1);
    const second = await connectTcp(port);
    second.send(`${header}2`);
    await expect.poll(() => frontend.status().totals.delayed).toBe(1);
    const third = await connectTcp(port);
    third.send(`${header}3`);
    expect(await third.ending).toBe('reset');
    await clock.advanceAsync(9000);
    expect(await second.read(1)).toBe('2');
    first.socket.destroy();
    second.socket.destroy();
  });

  test('asks a store of the host, and goes by onStoreError when it fails', async () => {
    const member = stage.add(await startHttpMember(() => ok()));
    let answer: () => Promise<RateLimitVerdict> = () =>
      Promise.resolve({ allowed: false, delayMs: 0, remaining: 0, retryAfterMs: 4200 });
    const extensions = { shared: { take: () => answer() } };
    const rateLimit = { ...SHORT, store: 'shared', onStoreError: 'deny' } as const;
    const { port, frontend } = await stage.open(
      [member],
      { ...HTTP, rateLimit },
      {},
      { extensions },
    );
    const failures: string[] = [];
    frontend.events.on('limit:store-failed', ({ reason }) => failures.push(reason));
    const client = await connectHttp(port);
    expect((await ask(client, get('/'))).headers.get('retry-after')).toBe('5');
    answer = () => Promise.resolve({ allowed: true, delayMs: 0, remaining: 1, retryAfterMs: 0 });
    expect((await ask(client, get('/'))).status).toBe(200);
    answer = () => Promise.reject(new Error('connection lost'));
    expect((await ask(client, get('/'))).status).toBe(429);
    expect((await ask(client, get('/'))).status).toBe(429);
    expect(failures).toEqual(['connection lost']);
    client.peer.socket.destroy();
  });
});

describe('a rate limit of tcp', () => {
  test('resets connections beyond it, and closes them where it is told to', async () => {
    const member = stage.add(await startEcho());
    const first = await stage.open([member], { rateLimit: SHORT });
    for (const ending of ['', '', 'reset', 'reset']) {
      const client = await connectTcp(first.port);
      if (ending === '') {
        client.send('hello');
        expect(await client.read(5)).toBe('hello');
      } else expect(await client.ending).toBe(ending);
      client.socket.destroy();
    }
    expect(first.frontend.status().totals).toMatchObject({
      connections: 4,
      limited: 2,
      rejected: 2,
    });
    const second = await stage.open([member], { rateLimit: { ...SHORT, action: 'close' } });
    for (const ending of ['', '', 'end']) {
      const client = await connectTcp(second.port);
      if (ending !== '') expect(await client.ending).toBe(ending);
      client.socket.destroy();
    }
    expect(second.frontend.status().totals.limited).toBe(1);
  });

  test('holds connections unread until it is their turn', async () => {
    const member = stage.add(await startEcho());
    const { environment, clock } = still();
    const rateLimit = { requests: 1, window: '1s', action: 'delay', maxDelay: '3s' } as const;
    const { port, frontend } = await stage.open([member], { rateLimit }, {}, { environment });
    const clients = [await connectTcp(port), await connectTcp(port), await connectTcp(port)];
    for (const i of [0, 1]) clients[i]!.send(`${i}`);
    await clients[0]!.read(1);
    await expect.poll(() => frontend.status().held).toBe(2);
    expect(frontend.status()).toMatchObject({ active: 1, totals: { delayed: 2 } });
    clients[2]!.socket.destroy();
    await clock.advanceAsync(1001);
    expect(await clients[1]!.read(1)).toBe('1');
    await clock.advanceAsync(1000);
    await expect.poll(() => frontend.status().held).toBe(0);
    await expect.poll(() => frontend.status().active).toBe(2);
    expect(member.peers).toHaveLength(2);
  });

  test('counts by the address that a PROXY header names, and delays behind it', async () => {
    const member = stage.add(await startEcho());
    const { environment, clock } = still();
    const rateLimit = { requests: 1, window: '1s', action: 'delay', maxDelay: '2s' } as const;
    const { port, frontend } = await stage.open(
      [member],
      { rateLimit, acceptProxyProtocol: { trust: ['127.0.0.1'] } },
      {},
      { environment },
    );
    const from = async (source: string): Promise<Awaited<ReturnType<typeof connectTcp>>> => {
      const client = await connectTcp(port);
      client.send(`PROXY TCP4 ${source} 10.0.0.1 1 2\r\nhello`);
      return client;
    };
    expect(await (await from('192.0.2.1')).read(5)).toBe('hello');
    expect(await (await from('192.0.2.2')).read(5)).toBe('hello');
    const late = await from('192.0.2.1');
    await expect.poll(() => frontend.status().totals.delayed).toBe(1);
    late.send(' again');
    const denied = await from('192.0.2.1');
    await clock.advanceAsync(1001);
    expect(await late.read(11)).toBe('hello again');
    await expect.poll(() => frontend.status().totals).toMatchObject({ delayed: 2, limited: 0 });
    await clock.advanceAsync(1000);
    expect(await denied.read(5)).toBe('hello');
  });

  test('asks a store before anybody is let in', async () => {
    const member = stage.add(await startEcho());
    let left = 1;
    const shared = {
      take: () =>
        Promise.resolve({ allowed: left-- > 0, delayMs: 0, remaining: 0, retryAfterMs: 1 }),
    };
    const { port, frontend } = await stage.open(
      [member],
      { rateLimit: { ...SHORT, store: 'shared' }, maxConnectionsPerSource: 1 },
      {},
      { extensions: { shared } },
    );
    const client = await connectTcp(port);
    client.send('hello');
    expect(await client.read(5)).toBe('hello');
    expect(await (await connectTcp(port)).ending).toBe('reset');
    expect(frontend.status()).toMatchObject({ active: 1, held: 0, totals: { limited: 1 } });
  });

  test('ends with the frontend, whoever waits', async () => {
    const member = stage.add(await startEcho());
    const { environment, clock } = still();
    const rateLimit = { requests: 1, window: '1s', action: 'delay', maxDelay: '9s' } as const;
    const { port, frontend } = await stage.open([member], { rateLimit }, {}, { environment });
    const clients = [await connectTcp(port), await connectTcp(port)];
    await expect.poll(() => frontend.status().held).toBe(1);
    await whileTimePasses(frontend.close());
    for (const client of clients) expect(await client.ending).toBe('reset');
    expect(clock.pending).toBe(0);
    expect(frontend.status()).toMatchObject({ active: 0, held: 0 });
  });
});

describe('a rate limit of udp', () => {
  test('drops new sessions beyond it, and leaves those that there are alone', async () => {
    const member = dgram.createSocket('udp4');
    member.on('message', (message, from) => member.send(message, from.port, from.address));
    member.bind(0, '127.0.0.1');
    await once(member, 'listening');
    stage.add({ close: async () => void member.close() });
    const { port, frontend } = await stage.open([`127.0.0.1:${member.address().port}`], {
      protocol: 'udp',
      rateLimit: SHORT,
    });
    const clients = [1, 2, 3].map(() => dgram.createSocket('udp4'));
    for (const client of clients) stage.add({ close: async () => void client.close() });
    const [a, b, c] = clients;
    for (const client of [a, b, a, b, a]) {
      client!.send('x', port, '127.0.0.1');
      await once(client!, 'message');
    }
    c!.send('x', port, '127.0.0.1');
    await expect.poll(() => frontend.status().totals.limited).toBe(1);
    expect(frontend.status()).toMatchObject({ active: 2, totals: { rejected: 1 } });
  });
});

describe('the counters of a rate limit', () => {
  test('live on through a reload that leaves its definition as it is', async () => {
    const member = stage.add(await startHttpMember(() => ok()));
    const spec = (rateLimit: object, pool: object = {}): object => ({
      frontends: [
        { name: 'web', protocol: 'http', bind: '127.0.0.1:0', pool: 'web', rateLimit, ...pool },
      ],
      pools: [{ name: 'web', members: [member.address] }],
    });
    const balancer = stage.add(new Balancer(spec(SHORT) as never));
    const [address] = (await balancer.start())['web'] ?? [];
    const port = address?.port ?? 0;
    expect(await statuses(port, 3)).toEqual([200, 200, 429]);
    await balancer.apply(spec(SHORT, { maxConnections: 50 }));
    expect(await statuses(port, 1)).toEqual([429]);
    await balancer.apply(spec({ ...SHORT, requests: 3 }));
    expect(await statuses(port, 4)).toEqual([200, 200, 200, 429]);
  });
});
