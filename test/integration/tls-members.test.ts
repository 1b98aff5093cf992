// TLS towards members: who is believed, by which name they are asked, and what is kept between connections.
import { once } from 'node:events';
import type { ServerHttp2Stream } from 'node:http2';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import net from 'node:net';
import tls from 'node:tls';
import { afterEach, describe, expect, test } from 'vitest';
import { Balancer } from '../../src/balancer/balancer.js';
import type { BalancerEvents } from '../../src/model/events.js';
import type { PoolSpec } from '../../src/spec/pool.js';
import type { PoolTlsSpec } from '../../src/spec/tls.js';
import { TestAuthority } from '../support/authority.js';
import { answer, startHttp2Member } from '../support/http2-member.js';

const authority = new TestAuthority();
const good = authority.issue({ names: ['a.test', 'b.test'], keyType: 'ec' });
const robot = authority.issue({ names: ['robot'], keyType: 'ec' });
const stranger = new TestAuthority('another one').issue({ names: ['a.test'], keyType: 'ec' });

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** An https server that answers with what TLS told it, and counts its connections. */
async function startMember(
  options: tls.TlsOptions,
): Promise<{ address: string; server: Server; seen: tls.TLSSocket[]; plain: () => number }> {
  const seen: tls.TLSSocket[] = [];
  const server = createServer({ ...options, keepAliveTimeout: 60_000 }, (request, response) => {
    const socket = request.socket as tls.TLSSocket;
    response.end(
      JSON.stringify({
        sni: socket.servername,
        reused: socket.isSessionReused(),
        alpn: socket.alpnProtocol,
        client: socket.getPeerCertificate().subject?.CN,
        host: request.headers.host,
      }),
    );
  });
  let plain = 0;
  server.on('secureConnection', (socket) => seen.push(socket));
  server.on('tlsClientError', (error: NodeJS.ErrnoException) => {
    if (error.code === 'ERR_SSL_HTTP_REQUEST') plain++;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(async () => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { address: `127.0.0.1:${port}`, server, seen, plain: () => plain };
}

async function startBalancer(
  members: readonly string[],
  poolTls: PoolTlsSpec,
  pool: Partial<PoolSpec> = {},
  protocol: 'http' | 'tcp' = 'http',
): Promise<{ balancer: Balancer; port: number }> {
  const balancer = new Balancer({
    frontends: [{ name: 'public', protocol, bind: '127.0.0.1:0', pool: 'web' }],
    pools: [{ name: 'web', members, tls: poolTls, ...pool }],
  });
  closers.push(() => balancer.close());
  const { public: addresses } = await balancer.start();
  return { balancer, port: addresses![0]!.port };
}

/** The next time that a member goes up or down, or at once if the first check was faster. */
/** The first member's state, and why. */
async function flip(
  balancer: Balancer,
  event: 'member:up' | 'member:down',
): Promise<{ readonly reason: string }> {
  const member = balancer.status().pools[0]?.members[0];
  if (member?.health === event.slice('member:'.length)) return member;
  return await balancer.events.once(event);
}

interface Told {
  readonly status: number;
  readonly sni?: string | false;
  readonly reused?: boolean;
  readonly alpn?: string | false;
  readonly client?: string;
  readonly host?: string;
}

/** Asks once over a connection of its own, or `times` over one. */
async function ask(port: number, host = 'a.test', times = 1): Promise<Told> {
  const socket = net.connect(port, '127.0.0.1');
  let text = '';
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
  });
  let told: Told = { status: 0 };
  for (let i = 0; i < times; i++) {
    text = '';
    socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    while (!isWhole(text)) await once(socket, 'data');
    const status = Number(text.slice(9, 12));
    told = { status, ...(status === 200 ? JSON.parse(text.slice(text.indexOf('{'))) : {}) };
  }
  socket.destroy();
  return told;
}

function isWhole(text: string): boolean {
  const end = text.indexOf('\r\n\r\n');
  const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0);
  return end > 0 && text.length >= end + 4 + length;
}

describe('https members', () => {
  test('are asked for the name in Host, and believed by our authority', async () => {
    const member = await startMember({ ...good });
    const { port } = await startBalancer([member.address], { ca: authority.ca });
    expect(await ask(port, 'B.test:8080')).toMatchObject({
      status: 200,
      sni: 'b.test',
      alpn: 'http/1.1',
    });
    // No name of TLS has the dot of the root (RFC 6066 3).
    expect(await ask(port, 'b.test.:8080')).toMatchObject({ status: 200, sni: 'b.test' });
  });

  test('get one connection for many requests, but none that was made for another host', async () => {
    const member = await startMember({ ...good });
    const { port } = await startBalancer([member.address], { ca: authority.ca });
    expect(await ask(port, 'a.test', 5)).toMatchObject({ status: 200, host: 'a.test' });
    expect(member.seen.length).toBe(1);
    const socket = net.connect(port, '127.0.0.1');
    for (const host of ['a.test', 'b.test', 'a.test', 'b.test']) {
      socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
      const [chunk] = (await once(socket, 'data')) as [Buffer];
      expect(chunk.toString()).toContain(`"sni":"${host}"`);
    }
    socket.destroy();
    expect(member.seen.length).toBe(3);
  });

  test('are asked for a fixed name, or for none when they are known by address', async () => {
    const member = await startMember({ ...good });
    const fixed = await startBalancer([member.address], { ca: authority.ca, sni: 'b.test' });
    expect(await ask(fixed.port, 'whatever')).toMatchObject({ status: 200, sni: 'b.test' });
    const byAddress = await startBalancer([member.address], { verify: false, sni: 'member' });
    expect(await ask(byAddress.port)).toMatchObject({ status: 200, sni: false });
    const byHost = await startBalancer([member.address], { verify: false });
    expect(await ask(byHost.port, '192.0.2.1')).toMatchObject({ status: 200, sni: false });
  });

  test('resume sessions', async () => {
    const member = await startMember({ ...good });
    const { port } = await startBalancer(
      [member.address],
      { ca: authority.ca },
      { http: { reuse: 'never' } },
    );
    expect(await ask(port)).toMatchObject({ reused: false });
    expect(await ask(port)).toMatchObject({ reused: true });
    expect(await ask(port, 'b.test')).toMatchObject({ reused: false });
  });

  test('see our certificate', async () => {
    const member = await startMember({ ...good, ca: authority.ca, requestCert: true });
    const { port } = await startBalancer([member.address], { ca: authority.ca, clientCert: robot });
    expect(await ask(port)).toMatchObject({ status: 200, client: 'robot' });
  });

  test.each(['https', 'tls'] as const)(
    'that insist on it see it in %s checks, too',
    async (type) => {
      const insists = {
        requestCert: true,
        rejectUnauthorized: true,
        maxVersion: 'TLSv1.2',
      } as const;
      const member = await startMember({ ...good, ca: authority.ca, ...insists });
      const health = { type, interval: '100ms' } as const;
      const clientTls = { ca: authority.ca, clientCert: robot };
      const { balancer, port } = await startBalancer(
        [member.address],
        { ca: authority.ca },
        { health },
      );
      await flip(balancer, 'member:down');
      expect(await ask(port)).toEqual({ status: 503 });
      const isUp = flip(balancer, 'member:up');
      const { frontends } = balancer.spec;
      const web = { name: 'web', members: [member.address], tls: clientTls, health };
      await balancer.apply({ frontends, pools: [web] });
      await isUp;
      expect(await ask(port)).toMatchObject({ status: 200, client: 'robot' });
    },
  );

  const CHECKS = [
    ['https', {}],
    ['https', { version: '2' }],
    ['tls', {}],
  ] as const;
  test.each(CHECKS)(
    'that requests would not believe are down by checks inline in the pool: %s %j',
    async (type, more) => {
      const serve = (stream: ServerHttp2Stream): void => answer(stream, 'ok');
      const bad =
        'version' in more
          ? await startHttp2Member(serve, { ...stranger })
          : await startMember({ ...stranger });
      if ('close' in bad) closers.push(() => bad.close());
      const check = { type, interval: '100ms', fall: 1, ...more } as const;
      const clientTls = { ca: authority.ca };
      const held = await startBalancer([bad.address], clientTls, { health: check });
      const { reason } = await flip(held.balancer, 'member:down');
      expect(reason).toMatch(/self-signed certificate in certificate chain|unable to verify/);
      // Whoever wants to know whether the server works, and no more, says so.
      const health = { ...check, verify: false };
      const open = await startBalancer([bad.address], clientTls, { health });
      await flip(open.balancer, 'member:up');
      const none = await startBalancer([bad.address], { verify: false }, { health: check });
      await flip(none.balancer, 'member:up');
    },
  );

  test.each([
    ['host', undefined, 'up'],
    ['host', 'b.test', 'up'],
    ['host', 'c.test', 'down'],
    ['member', undefined, 'down'],
    [{ name: 'b.test' }, undefined, 'up'],
    [{ name: 'c.test' }, undefined, 'down'],
    [{ name: 'c.test' }, 'a.test', 'up'],
  ] as const)(
    'are held by checks to the name that is always the same: tls.sni %j, sni %s',
    async (sni, own, state) => {
      const member = await startMember({ ...good });
      const health = {
        type: 'https',
        interval: '100ms',
        fall: 1,
        ...(own && { sni: own }),
      } as const;
      const { balancer } = await startBalancer(
        [member.address],
        { ca: authority.ca, sni },
        { health },
      );
      const { reason } = await flip(balancer, `member:${state}`);
      if (state === 'down') {
        expect(reason).toMatch(/does not match certificate's altnames/);
        return;
      }
      const asked = own ?? (typeof sni === 'object' ? sni.name : false);
      expect(member.seen[0]?.servername).toBe(asked);
    },
  );

  test('are believed by checks as soon as requests believe them', async () => {
    const bad = await startMember({ ...stranger });
    const health = { type: 'tls', interval: '100ms', rise: 1 } as const;
    const { balancer } = await startBalancer([bad.address], { ca: authority.ca }, { health });
    await flip(balancer, 'member:down');
    const isUp = flip(balancer, 'member:up');
    const web = { name: 'web', members: [bad.address], tls: { verify: false }, health };
    await balancer.apply({ frontends: balancer.spec.frontends, pools: [web] });
    await isUp;
  });

  test('of HTTP/2 that insist on it see it in checks, too', async () => {
    const insists = { requestCert: true, rejectUnauthorized: true } as const;
    const serve = (stream: ServerHttp2Stream): void => answer(stream, 'ok');
    const member = await startHttp2Member(serve, { ...good, ca: authority.ca, ...insists });
    closers.push(() => member.close());
    const { balancer } = await startBalancer(
      [member.address],
      { ca: authority.ca, clientCert: robot },
      { http: { version: '2' }, health: { type: 'https', interval: '100ms' } },
    );
    await flip(balancer, 'member:up');
    expect(member.requests[0]).toMatchObject({ 'user-agent': 'evenkeel-health' });
  });

  test.each([
    [
      'of another authority',
      stranger,
      'self-signed certificate in certificate chain|unable to verify',
    ],
    [
      'that has expired',
      authority.issue({ names: ['a.test'], fromDay: -9, untilDay: -2 }),
      'expired',
    ],
  ])(
    'with a certificate %s get nothing, and another member does',
    async (_, certificate, reason) => {
      const bad = await startMember({ ...certificate });
      const { balancer, port } = await startBalancer([bad.address], { ca: authority.ca });
      expect(await ask(port)).toEqual({ status: 503 });
      expect(bad.plain()).toBe(0);
      expect(balancer.status().pools[0]?.members[0]?.totals.failed).toBe(1);

      const member = await startMember({ ...good });
      const both = await startBalancer(
        [bad.address, member.address],
        { ca: authority.ca },
        { strategy: 'first' },
      );
      const retried: BalancerEvents['request:retried'][] = [];
      both.balancer.on('request:retried', (event) => retried.push(event));
      expect(await ask(both.port)).toMatchObject({ status: 200 });
      expect(retried[0]?.reason).toMatch(new RegExp(reason));
    },
  );

  test('are not blamed for a host that the client made up', async () => {
    const member = await startMember({ ...good });
    const outlier = { consecutiveFailures: 1 };
    const { balancer, port } = await startBalancer(
      [member.address],
      { ca: authority.ca },
      { outlier },
    );
    expect(await ask(port, 'evil.test')).toEqual({ status: 503 });
    expect(balancer.status().pools[0]?.members[0]).toMatchObject({
      eligible: true,
      totals: { failed: 0 },
    });
    expect(await ask(port)).toMatchObject({ status: 200 });
  });

  test('that speak no TLS are never spoken to in the clear', async () => {
    let bytes = '';
    const server = net.createServer((socket) => {
      socket.on('error', () => {});
      socket.on('data', (chunk) => {
        bytes += chunk.toString('latin1');
        socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    closers.push(async () => server.close());
    const { port } = await startBalancer([`127.0.0.1:${(server.address() as AddressInfo).port}`], {
      ca: authority.ca,
    });
    expect(await ask(port)).toEqual({ status: 503 });
    expect(bytes).not.toContain('GET');
  });

  test('keep their connections and sessions when an apply changes something else', async () => {
    const member = await startMember({ ...good });
    const { balancer, port } = await startBalancer(
      [member.address],
      { ca: authority.ca },
      { http: { reuse: 'always' } },
    );
    await ask(port);
    const { spec } = balancer;
    const [pool] = spec.pools;
    await balancer.apply({ ...spec, pools: [{ ...pool!, retries: { attempts: 1 } }] });
    await ask(port);
    expect(member.seen).toHaveLength(1);
    member.seen[0]!.destroy();
    await once(member.seen[0]!, 'close');
    expect(await ask(port)).toMatchObject({ status: 200, reused: true });
  });

  test('of a pool that gets TLS by an apply keep no connection in the clear', async () => {
    const member = await startMember({ ...good });
    const { balancer, port } = await startBalancer([member.address], { ca: authority.ca });
    await ask(port, 'a.test', 2);
    const { spec } = balancer;
    const [pool] = spec.pools;
    await balancer.apply({
      ...spec,
      pools: [{ ...pool!, tls: { ...pool!.tls!, sni: 'member', verify: false } }],
    });
    expect(await ask(port, 'a.test', 2)).toMatchObject({ status: 200, sni: false });
  });
});

describe('TLS towards tcp members', () => {
  test('encrypts what comes in the clear, both ways, ends included', async () => {
    const server = tls.createServer(
      { ...good, allowHalfOpen: true } as tls.TlsOptions,
      (socket) => {
        socket.on('error', () => {});
        let text = '';
        socket.on('data', (chunk) => {
          text += chunk.toString('latin1');
        });
        socket.on('end', () => socket.end(`${text} ${String(socket.alpnProtocol)}`));
      },
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    closers.push(async () => server.close());
    const { port: memberPort } = server.address() as AddressInfo;
    const { port } = await startBalancer(
      [`127.0.0.1:${memberPort}`],
      { ca: authority.ca, sni: 'a.test' },
      {},
      'tcp',
    );
    const client = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    client.end('hello');
    let answer = '';
    for await (const chunk of client) answer += String(chunk);
    expect(answer).toBe('hello false');
  });

  test.each(['http', 'tcp'] as const)(
    'sends the PROXY header in front of TLS, %s',
    async (protocol) => {
      const inner = tls.createSecureContext({ ...good });
      let header = '';
      const server = net.createServer((socket) => {
        socket.once('data', (chunk: Buffer) => {
          const end = chunk.indexOf('\r\n') + 2;
          header = chunk.toString('latin1', 0, end);
          socket.pause();
          socket.unshift(chunk.subarray(end));
          const secure = new tls.TLSSocket(socket, { isServer: true, secureContext: inner });
          secure.on('error', () => {});
          secure.once('data', () =>
            secure.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}'),
          );
        });
      });
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      closers.push(async () => server.close());
      const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
      const { port } = await startBalancer(
        [address],
        { ca: authority.ca, sni: 'a.test' },
        { sendProxyProtocol: 'v1' },
        protocol,
      );
      expect(await ask(port)).toMatchObject({ status: 200 });
      expect(header).toMatch(/^PROXY TCP4 127\.0\.0\.1 127\.0\.0\.1 \d+ \d+\r\n$/);
    },
  );
});

describe('faults of TLS towards members', () => {
  test('are told all at once with their places', () => {
    const pools: PoolSpec[] = [
      { name: 'one', tls: { ca: '/nowhere/ca.pem' } },
      { name: 'two', tls: { clientCert: { cert: good.cert, key: robot.key } } },
    ];
    expect(() => new Balancer({ pools })).toThrow(
      /^pools\[0\]\.tls\.ca: \/nowhere\/ca\.pem can not be read \(ENOENT.*\)\npools\[1\]\.tls\.clientCert\.key: .*does not belong/,
    );
  });
});
