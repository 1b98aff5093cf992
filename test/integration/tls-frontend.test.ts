import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import net from 'node:net';
import tls from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Balancer } from '../../src/balancer/balancer.js';
import type { FrontendSpec } from '../../src/spec/frontend.js';
import type { TlsSpec } from '../../src/spec/tls.js';
import { TestAuthority } from '../support/authority.js';
import { HttpMember } from '../support/http-member.js';

const authority = new TestAuthority();
const rsa = authority.issue({ names: ['a.test', '*.b.test'] });
const ec = authority.issue({ names: ['a.test'], keyType: 'ec' });
const other = authority.issue({ names: ['x.b.test'], keyType: 'ec' });
const client = authority.issue({ names: ['robot'], subject: [['O', 'Example']] });
const stranger = new TestAuthority('another one').issue({ names: ['stranger'] });

let member: HttpMember;
beforeAll(async () => {
  member = await HttpMember.start('member', {
    answer: (request, response) => {
      if (request.method === 'POST') request.pipe(response);
      else response.end(JSON.stringify(request.headers));
    },
  });
});
afterAll(() => member[Symbol.asyncDispose]());

async function start(
  tlsSpec: TlsSpec,
  frontend: Partial<FrontendSpec> = {},
): Promise<{ balancer: Balancer; port: number }> {
  const balancer = new Balancer({
    frontends: [
      {
        name: 'public',
        protocol: 'https',
        bind: '127.0.0.1:0',
        pool: 'web',
        tls: tlsSpec,
        ...frontend,
      },
    ],
    pools: [{ name: 'web', members: [member.address] }],
  });
  const { public: addresses } = await balancer.start();
  return { balancer, port: addresses![0]!.port };
}

function connect(port: number, options: tls.ConnectionOptions = {}): Promise<tls.TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = tls.connect({
      host: '127.0.0.1',
      port,
      ca: authority.ca,
      servername: 'a.test',
      ...options,
    });
    socket.on('secureConnect', () => resolve(socket)).on('error', reject);
  });
}

async function ask(socket: tls.TLSSocket | net.Socket, lines = ''): Promise<string> {
  socket.write(`GET / HTTP/1.1\r\nHost: a.test\r\n${lines}Connection: close\r\n\r\n`);
  let text = '';
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
  });
  await once(socket, 'close');
  return text;
}

describe('an https frontend', () => {
  test.each([
    ['TLSv1.3', undefined, 'TLS_AES_128_GCM_SHA256'],
    ['TLSv1.3', 'TLS_AES_256_GCM_SHA384', 'TLS_AES_256_GCM_SHA384'],
    [
      'TLSv1.3',
      'TLS_CHACHA20_POLY1305_SHA256:TLS_AES_256_GCM_SHA384',
      'TLS_CHACHA20_POLY1305_SHA256',
    ],
    ['TLSv1.2', undefined, 'ECDHE-RSA-AES128-GCM-SHA256'],
    [
      'TLSv1.2',
      'ECDHE-RSA-CHACHA20-POLY1305:ECDHE-RSA-AES128-GCM-SHA256',
      'ECDHE-RSA-CHACHA20-POLY1305',
    ],
  ] as const)(
    'agrees with a client of %s that offers %s on %s',
    async (version, ciphers, agreed) => {
      const { balancer, port } = await start({ certificates: [rsa] });
      const socket = await connect(port, {
        maxVersion: version,
        ...(ciphers === undefined ? {} : { ciphers }),
      });
      expect(socket.getCipher().name).toBe(agreed);
      socket.destroy();
      await balancer.close();
    },
  );

  test('answers, and tells members of it', async () => {
    const { balancer, port } = await start({ certificates: [rsa] });
    const socket = await connect(port, { ALPNProtocols: ['http/1.1'] });
    expect(socket.alpnProtocol).toBe('http/1.1');
    const answer = await ask(
      socket,
      'X-Client-Cert-Subject: CN=evil\r\nx_client_cert_subject: CN=evil\r\n',
    );
    expect(answer).toMatch(/^HTTP\/1.1 200 OK/);
    expect(answer).toContain('"x-forwarded-proto":"https"');
    expect(answer).not.toContain('evil');
    await balancer.close();
  });

  test('closes what is no TLS without a word, and counts it', async () => {
    const { balancer, port } = await start({ certificates: [rsa] });
    const socket = net.connect(port, '127.0.0.1');
    expect(await ask(socket)).toBe('');
    expect(balancer.status().frontends[0]).toMatchObject({
      active: 0,
      totals: { handshakesFailed: 1 },
    });
    await balancer.close();
  });

  test('chooses by name and key', async () => {
    const { balancer, port } = await start({ certificates: [rsa, ec, other] });
    const shown = async (options: tls.ConnectionOptions): Promise<string> => {
      const socket = await connect(port, { rejectUnauthorized: false, ...options });
      const { subjectaltname = '', bits } = socket.getPeerCertificate();
      socket.destroy();
      return `${subjectaltname} ${bits}`;
    };
    const onlyRsa = { sigalgs: 'RSA-PSS+SHA256:RSA+SHA256' };
    const onlyEc = { sigalgs: 'ECDSA+SHA256' };
    expect(await shown({ ...onlyRsa })).toBe('DNS:a.test, DNS:*.b.test 2048');
    expect(await shown({ ...onlyEc })).toBe('DNS:a.test 256');
    expect(await shown({ servername: 'X.b.test' })).toBe('DNS:x.b.test 256');
    expect(await shown({ servername: 'y.b.test' })).toBe('DNS:a.test, DNS:*.b.test 2048');
    expect(await shown({ servername: 'y.y.b.test', ...onlyRsa })).toBe(
      'DNS:a.test, DNS:*.b.test 2048',
    );
    expect(await shown({ servername: '', ...onlyEc })).toBe('DNS:a.test 256');
    await balancer.close();
  });

  test.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'lets clients show certificates: %s',
    async (version) => {
      const clientAuth = { mode: 'require', ca: authority.ca } as const;
      const { balancer, port } = await start({ certificates: [rsa], clientAuth });
      const asked = async (options: tls.ConnectionOptions): Promise<string> => {
        try {
          return await ask(await connect(port, { maxVersion: version, ...options }));
        } catch {
          return 'refused';
        }
      };
      expect(await asked({ ...client })).toContain('"x-client-cert-subject":"CN=robot,O=Example"');
      expect(await asked({})).not.toContain('200');
      expect(await asked({ ...stranger })).not.toContain('200');
      await balancer.close();
    },
  );

  test.each([0, 1, 40, 600])(
    'reads a PROXY header first, with %d bytes of TLS behind it',
    async (count) => {
      const { balancer, port } = await start(
        { certificates: [rsa, other] },
        { acceptProxyProtocol: { trust: ['127.0.0.1'] } },
      );
      const header = 'PROXY TCP4 192.0.2.7 192.0.2.1 4711 443\r\n';
      await using before = await proxyBefore(port, header, count);
      const socket = await connect(before.port, { servername: 'x.b.test' });
      const answer = await ask(socket);
      expect(answer).toContain('"x-forwarded-for":"192.0.2.7"');
      expect(answer).toContain('"x-forwarded-port":"443"');
      await balancer.close();
    },
  );

  test('lets the member go when a client that has said all is reset, though nothing is read of it', async () => {
    let gone = (): void => {};
    const given = new Promise<void>((resolve) => {
      gone = resolve;
    });
    let asked = (): void => {};
    const arrival = new Promise<void>((resolve) => {
      asked = resolve;
    });
    await using silent = await HttpMember.start('silent', {
      answer: (_, response) => {
        response.on('close', gone);
        asked();
      },
    });
    await using balancer = new Balancer({
      frontends: [
        {
          name: 'public',
          protocol: 'https',
          bind: '127.0.0.1:0',
          pool: 'web',
          tls: { certificates: [rsa] },
        },
      ],
      pools: [{ name: 'web', members: [silent.address] }],
    });
    const { public: addresses } = await balancer.start();
    const raw = net.connect({ port: addresses![0]!.port, host: '127.0.0.1', allowHalfOpen: true });
    const relay = net.createServer((before) => {
      before.on('error', () => {}).on('data', (chunk: Buffer) => void raw.write(chunk));
      raw.on('error', () => {}).on('data', (chunk: Buffer) => void before.write(chunk));
    });
    relay.listen(0, '127.0.0.1');
    await once(relay, 'listening');
    const secure = await connect((relay.address() as net.AddressInfo).port);
    secure.on('error', () => {});
    secure.write('GET / HTTP/1.1\r\nHost: a.test\r\n\r\n');
    await arrival;
    raw.end();
    await once(raw, 'finish');
    raw.resetAndDestroy();
    await given;
    secure.destroy();
    relay.close();
  });

  test('passes bodies both ways', async () => {
    const { balancer, port } = await start({ certificates: [ec] });
    const socket = await connect(port);
    const body = randomBytes(8 * 1024 * 1024);
    socket.write(
      `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n`,
    );
    socket.write(body);
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    await once(socket, 'close');
    const whole = Buffer.concat(chunks).toString('latin1');
    const received = unchunk(whole.slice(whole.indexOf('\r\n\r\n') + 4));
    const digest = (data: Buffer | string): string =>
      createHash('sha256')
        .update(typeof data === 'string' ? Buffer.from(data, 'latin1') : data)
        .digest('hex');
    expect(received.length).toBe(body.length);
    expect(digest(received)).toBe(digest(body));
    await balancer.close();
  });
});

function unchunk(text: string): string {
  let at = 0;
  const parts: string[] = [];
  for (;;) {
    const end = text.indexOf('\r\n', at);
    const size = Number.parseInt(text.slice(at, end), 16);
    if (!(size > 0)) return parts.join('');
    parts.push(text.slice(end + 2, end + 2 + size));
    at = end + 2 + size + 2;
  }
}

/** A relay that writes `header` first, together with `count` bytes of what the client sends. */
async function proxyBefore(
  port: number,
  header: string,
  count: number,
): Promise<AsyncDisposable & { readonly port: number }> {
  const server = net.createServer((client) => {
    const raw = net.connect(port, '127.0.0.1');
    client.once('data', (chunk: Buffer) => {
      client.pause();
      raw.write(Buffer.concat([Buffer.from(header), chunk.subarray(0, count)]), () => {
        setImmediate(() => {
          raw.write(chunk.subarray(count));
          client.pipe(raw);
        });
      });
    });
    raw.pipe(client);
    for (const socket of [raw, client]) socket.on('error', () => {});
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as net.AddressInfo).port,
    [Symbol.asyncDispose]: async () => void server.close(),
  };
}
