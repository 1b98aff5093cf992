// HTTP/2 over TLS: agreed on by ALPN, behind a PROXY header, for the hosts of the certificate; members over TLS.
import { once } from 'node:events';
import http2 from 'node:http2';
import net from 'node:net';
import tls from 'node:tls';
import { afterEach, describe, expect, test } from 'vitest';
import { TestAuthority } from '../support/authority.js';
import { ask as askPlain, get, ok, startHttpMember } from '../support/http-peers.js';
import { answer, startHttp2Member } from '../support/http2-member.js';
import { connectHttp2, Http2Client } from '../support/http2-peers.js';
import { Stage } from '../support/tcp-peers.js';

const authority = new TestAuthority();
const site = authority.issue({ names: ['a.test', '*.b.test'] });
const other = authority.issue({ names: ['other.test'] });

const stage = new Stage();
afterEach(() => stage.close());

const HTTPS = {
  protocol: 'https',
  tls: { certificates: [{ cert: site.cert, key: site.key }] },
} as const;

async function connect(port: number, servername = 'a.test'): Promise<Http2Client> {
  return stage.add(await connectHttp2(port, { tls: true, ca: authority.ca, servername }));
}

async function behind(frontend: object = {}) {
  const member = stage.add(await startHttpMember(({ firstLine }) => ok(firstLine)));
  const { port } = await stage.open([member], { ...HTTPS, ...frontend });
  return { member, port };
}

const asked = (host: string) => ({ headers: { ':authority': host } });

describe('HTTP/2 over TLS', () => {
  test('is agreed on by ALPN; members learn of https', async () => {
    const { member, port } = await behind();
    const client = await connect(port);
    expect((client.session.socket as tls.TLSSocket).alpnProtocol).toBe('h2');
    const reply = await client.ask('/x', asked('a.test'));
    expect(reply.status).toBe(200);
    expect(member.requests[0]!.headers.get('x-forwarded-proto')).toBe('https');
    expect(member.requests[0]!.headers.get('host')).toBe('a.test');
  });

  test('with the same frontend HTTP/1.1 is spoken to those who want it, or offer nothing', async () => {
    const { port } = await behind();
    for (const ALPNProtocols of [['http/1.1'], undefined]) {
      const socket = tls.connect({
        port,
        host: '127.0.0.1',
        ca: authority.ca,
        servername: 'a.test',
        ...(ALPNProtocols === undefined ? {} : { ALPNProtocols }),
      });
      await once(socket, 'secureConnect');
      socket.write('GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n');
      let text = '';
      for await (const piece of socket) text += String(piece);
      expect(text).toMatch(/^HTTP\/1\.1 200 /);
    }
  });

  test('alpn: [http/1.1] offers no HTTP/2', async () => {
    const { port } = await behind({ tls: { ...HTTPS.tls, alpn: ['http/1.1'] } });
    const socket = tls.connect({
      port,
      host: '127.0.0.1',
      ca: authority.ca,
      servername: 'a.test',
      ALPNProtocols: ['h2', 'http/1.1'],
    });
    await once(socket, 'secureConnect');
    expect(socket.alpnProtocol).toBe('http/1.1');
    socket.destroy();
  });

  test('large bodies flow both ways', async () => {
    const member = stage.add(
      await startHttp2Member((stream) => {
        stream.respond({ ':status': 200 });
        stream.pipe(stream);
      }),
    );
    const { port } = await stage.open([member.address], HTTPS, { http: { version: '2' } });
    const client = await connect(port);
    const body = Buffer.alloc(2_000_000, '0123456789');
    const reply = await client.ask('/', { ...asked('a.test'), body });
    expect(reply.body.equals(body)).toBe(true);
  });

  test('a request for a host that the certificate does not cover is answered 421', async () => {
    const { member, port } = await behind();
    const client = await connect(port);
    const covered = ['a.test', 'a.test:8443', 'x.b.test', 'A.test', 'X.B.TEST', 'a.test.'];
    for (const host of [...covered, 'x.b.test.:8443']) {
      expect((await client.ask('/', asked(host))).status).toBe(200);
    }
    for (const host of ['other.test', 'b.test', 'x.y.b.test', '127.0.0.1', '[::1]:443']) {
      expect((await client.ask('/', asked(host))).status).toBe(421);
    }
    expect(member.requests).toHaveLength(7);
    // The connection goes on.
    expect((await client.ask('/', asked('a.test'))).status).toBe(200);
  });

  test('a host that a route is for is served whatever the certificate', async () => {
    const { port } = await behind({
      routes: [
        { match: { host: ['other.test', '*.wild.test'] }, respond: { status: 200, body: 'x' } },
      ],
    });
    const client = await connect(port);
    for (const host of ['other.test', 'x.wild.test']) {
      expect((await client.ask('/', asked(host))).status).toBe(200);
    }
    expect((await client.ask('/', asked('wild.test'))).status).toBe(421);
  });

  test('the host of the first request is that of a connection that named none', async () => {
    const { port } = await behind();
    const client = stage.add(
      await connectHttp2(port, { tls: true, rejectUnauthorized: false, servername: '' }),
    );
    expect((await client.ask('/', asked('127.0.0.1'))).status).toBe(200);
    expect((await client.ask('/', asked('127.0.0.2'))).status).toBe(421);
  });

  test('in the clear every host may be asked for', async () => {
    const member = stage.add(await startHttpMember(() => ok()));
    const { port } = await stage.open([member], { protocol: 'http', http2: { cleartext: true } });
    const client = stage.add(await connectHttp2(port));
    for (const host of ['a.test', 'other.test']) {
      expect((await client.ask('/', asked(host))).status).toBe(200);
    }
  });

  test('each name has its certificate, and its own connection', async () => {
    const { port } = await behind({
      tls: { certificates: [site, other].map(({ cert, key }) => ({ cert, key })) },
    });
    const client = await connect(port, 'other.test');
    expect((await client.ask('/', asked('other.test'))).status).toBe(200);
    expect((await client.ask('/', asked('a.test'))).status).toBe(421);
  });

  test('the PROXY header goes before TLS and names the client', async () => {
    const { member, port } = await behind({ acceptProxyProtocol: { trust: ['127.0.0.1'] } });
    const below = net.connect(port, '127.0.0.1');
    below.write('PROXY TCP4 203.0.113.9 192.0.2.1 4000 443\r\n');
    const socket = tls.connect({
      socket: below,
      ca: authority.ca,
      servername: 'a.test',
      ALPNProtocols: ['h2'],
    });
    await once(socket, 'secureConnect');
    const client = stage.add(
      new Http2Client(http2.connect('https://a.test', { createConnection: () => socket })),
    );
    expect((await client.ask('/', asked('a.test'))).status).toBe(200);
    expect(member.requests[0]!.headers.get('x-forwarded-for')).toBe('203.0.113.9');
  });
});

describe('members of HTTP/2 over TLS', () => {
  test('agree on h2 by ALPN, with a name and a certificate that is looked at', async () => {
    const member = stage.add(
      await startHttp2Member((stream, headers) => answer(stream, headers[':scheme']!), {
        key: site.key,
        cert: site.cert,
      }),
    );
    const pool = { http: { version: '2' }, tls: { ca: authority.ca, sni: 'a.test' } };
    const { port } = await stage.open([member.address], { protocol: 'http' }, pool);
    const replies = await Promise.all([1, 2, 3].map(() => askPlain(port, get('/'))));
    expect(replies.map(({ body }) => body.toString())).toEqual(['https', 'https', 'https']);
    expect(member.sessions).toHaveLength(1);
    const wrong = {
      ...pool,
      tls: { ca: authority.ca, sni: 'other.test' },
      retries: { attempts: 0 },
    };
    const second = await stage.open([member.address], { protocol: 'http' }, wrong);
    expect((await askPlain(second.port, get('/'))).status).toBe(503);
  });

  test('that speak HTTP/1.1 only are refused: 503', async () => {
    const server = tls.createServer({
      key: site.key,
      cert: site.cert,
      ALPNProtocols: ['http/1.1'],
    });
    server.on('tlsClientError', () => {});
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    stage.add({
      close: () => new Promise<void>((resolve) => server.close(() => resolve())),
    });
    const { port } = server.address() as net.AddressInfo;
    const front = await stage.open(
      [`127.0.0.1:${port}`],
      { protocol: 'http' },
      {
        http: { version: '2' },
        tls: { ca: authority.ca, sni: 'a.test' },
        retries: { attempts: 0 },
      },
    );
    expect((await askPlain(front.port, get('/'))).status).toBe(503);
  });
});
