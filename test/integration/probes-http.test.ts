// The http, https and tls probes: what exactly they send, and how they judge.
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { Server } from 'node:net';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import { describe, expect, test } from 'vitest';
import type { MonitorConfig } from '../../src/spec/config.js';
import { startHttp2Member } from '../support/http2-member.js';
import { TEST_CERT, TEST_KEY } from '../support/servers/certificate.js';
import { ask } from '../unit/health/ask.js';
import { startResponder } from '../unit/health/responder.js';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const CREDENTIALS = { cert: TEST_CERT, key: TEST_KEY };

/** Asks a server whose answer is these bytes. */
async function askFor(
  answer: string,
  changes: Partial<MonitorConfig> = {},
): Promise<{ ok: boolean; reason: string; sent: string }> {
  await using server = await startResponder((socket) => {
    socket.once('data', () => socket.end(answer));
  });
  const result = await ask(server, { type: 'http', ...changes });
  await server.allGone();
  return { ...result, sent: server.received().replaceAll(String(server.port), 'PORT') };
}

/** Listens on 127.0.0.1 for as long as `use` runs. */
async function listenWhile<T>(server: Server, use: (port: number) => Promise<T>): Promise<T> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  try {
    return await use(address !== null && typeof address === 'object' ? address.port : 0);
  } finally {
    server.close();
    await once(server, 'close');
  }
}

/** `early`, then spaces up to 64 KiB, then `late`. */
const answerLong: RequestListener = (_, response) => {
  response.write('early');
  response.write(' '.repeat(64 * 1024 - 5));
  response.end('late');
};

/** An http monitor that wants this text in the body. */
function wanting(contains: string): Partial<MonitorConfig> {
  return { type: 'http', expect: { status: '2xx', body: { contains } } };
}

describe('http probe', () => {
  test('sends one plain request that ends its connection', async () => {
    const { sent } = await askFor(OK, { path: '/health?deep=1' });
    expect(sent.split('\r\n')).toEqual([
      'GET /health?deep=1 HTTP/1.1',
      'user-agent: evenkeel-health',
      'accept: */*',
      'Host: 127.0.0.1:PORT',
      'Connection: close',
      '',
      '',
    ]);
  });

  test('sends the method and the headers of the monitor, Host included', async () => {
    const headers = { host: 'app.example.com', 'User-Agent': 'mine', 'x-key': '1' };
    const { sent } = await askFor(OK, { method: 'OPTIONS', headers });
    expect(sent).toMatch(/^OPTIONS \/ HTTP\/1\.1\r\n/);
    expect(sent.match(/^host: .*$/gim)).toEqual(['host: app.example.com']);
    expect(sent.match(/^user-agent: .*$/gim)).toEqual(['User-Agent: mine']);
    expect(sent).toContain('\r\nx-key: 1\r\n');
  });

  test.each([
    ['HTTP/1.1 204 No Content\r\n\r\n', {}, true, 'status 204'],
    ['HTTP/1.1 503 Down\r\nContent-Length: 0\r\n\r\n', {}, false, 'status 503'],
    ['HTTP/1.1 302 Go\r\nLocation: /ok\r\nContent-Length: 0\r\n\r\n', {}, false, 'status 302'],
    [
      'HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n',
      { expect: { status: '404' } },
      true,
      'status 404',
    ],
    ['HTTP/1.0 200 OK\r\n\r\nuntil the end', {}, true, 'status 200'],
    [
      'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n',
      {},
      true,
      'status 200',
    ],
    [
      'HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n',
      { expect: { status: '101' } },
      true,
      'status 101',
    ],
    [
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
      { expect: { status: '200', body: { contains: 'ok' } } },
      true,
      'status 200',
    ],
    [
      OK,
      { expect: { status: '2xx', body: { contains: 'fine' } } },
      false,
      'body does not contain "fine"',
    ],
    [OK, { expect: { status: '2xx', body: { regex: '^o.$' } } }, true, 'status 200'],
    [OK, { expect: { status: '2xx', body: { regex: '^no' } } }, false, 'body does not match /^no/'],
    [
      'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok',
      {},
      false,
      'connection closed before the answer ended',
    ],
    [
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n',
      {},
      false,
      'connection closed before the answer ended',
    ],
    ['', {}, false, 'connection closed without an answer'],
  ] as const)('judges %j with %j', async (answer, changes, ok, reason) => {
    expect(await askFor(answer, changes)).toMatchObject({ ok, reason });
  });

  test('a HEAD answer has no body to wait for', async () => {
    const answer = 'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n';
    expect(await askFor(answer, { method: 'HEAD' })).toMatchObject({ ok: true });
  });

  test('looks at the first 64 KiB of the body and at no more', async () => {
    await listenWhile(createServer(answerLong), async (port) => {
      expect((await ask({ port }, wanting('early'))).ok).toBe(true);
      expect((await ask({ port }, wanting('late'))).reason).toBe('body does not contain "late"');
    });
  });

  test('a body without an end is judged by its first 64 KiB, and the connection is closed', async () => {
    await using server = await startResponder((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      const pump = (): void => {
        while (!socket.destroyed && socket.write('x'.repeat(4096)));
      };
      socket.on('drain', pump);
      pump();
    });
    expect(await ask(server, { type: 'http' })).toEqual({ ok: true, reason: 'status 200' });
    await server.allGone();
  });

  test('a body that stalls is given up when the time is up', async () => {
    const timeout = new AbortController();
    await using server = await startResponder((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf', () =>
        timeout.abort(new Error('timeout after 2s')),
      );
    });
    expect((await ask(server, { type: 'http' }, { signal: timeout.signal })).ok).toBe(false);
    await server.allGone();
  });
});

describe('https probe', () => {
  test('asks over TLS without verifying the certificate', async () => {
    const server = createSecureServer(CREDENTIALS, (_, response) => response.end('ok'));
    await listenWhile(server, async (port) => {
      expect(await ask({ port }, { type: 'https' })).toEqual({ ok: true, reason: 'status 200' });
    });
  });
});

describe.each(['https', 'tls'] as const)('%s probe', (type) => {
  /** The server name a TLS server is asked for. */
  async function seenName(host: string, sni?: string): Promise<unknown> {
    const server = createTlsServer(CREDENTIALS);
    const seen = new Promise((resolve) => {
      server.on('secureConnection', (socket: TLSSocket) => {
        resolve(socket.servername);
        socket.on('error', () => undefined);
        socket.on('data', () => socket.end(OK));
      });
    });
    return listenWhile(server, async (port) => {
      const result = await ask({ host, port }, { type, ...(sni === undefined ? {} : { sni }) });
      expect(result).toMatchObject({ ok: true });
      return seen;
    });
  }

  test('asks for the server name of the monitor', async () => {
    expect(await seenName('127.0.0.1', 'app.example.com')).toBe('app.example.com');
  });

  test("without one it asks for the member's host, if that is a name", async () => {
    expect(await seenName('localhost')).toBe('localhost');
    expect(await seenName('127.0.0.1')).toBe(false);
  });
});

describe('tls probe', () => {
  test('a finished handshake is good and names the version', async () => {
    await listenWhile(createTlsServer(CREDENTIALS), async (port) => {
      expect(await ask({ port }, { type: 'tls' })).toEqual({ ok: true, reason: 'TLSv1.3' });
    });
  });

  test('a refused handshake is a failure', async () => {
    const server = createTlsServer({ ...CREDENTIALS, maxVersion: 'TLSv1.1', minVersion: 'TLSv1' });
    await listenWhile(server, async (port) => {
      const result = await ask({ port }, { type: 'tls' });
      expect(result.ok).toBe(false);
      expect(result.reason).toMatch(/^tls: /);
    });
  });
});

describe('http probe of version 2', () => {
  test.each(['http', 'https'] as const)('asks and judges over %s', async (type) => {
    const member = await startHttp2Member(
      (stream, headers) => {
        const status = headers[':path'] === '/good' ? 200 : 503;
        stream.respond({ ':status': status });
        stream.end(`asked by ${headers['user-agent']} for ${headers[':authority']}`);
      },
      type === 'https' ? CREDENTIALS : {},
    );
    try {
      const good = { type, version: '2', path: '/good', headers: { Host: 'app.test' } } as const;
      const expect2xx = { status: '2xx', body: { contains: 'evenkeel-health for app.test' } };
      expect(await ask(member, { ...good, expect: expect2xx })).toMatchObject({ ok: true });
      expect(await ask(member, { ...good, path: '/bad' })).toEqual({
        ok: false,
        reason: 'status 503',
      });
      expect(
        await ask(member, { ...good, expect: { status: '2xx', body: { contains: 'x!' } } }),
      ).toMatchObject({ ok: false, reason: 'body does not contain "x!"' });
    } finally {
      await member.close();
    }
  });

  test('a server of HTTP/1.1 is a failure', async () => {
    const { ok } = await askFor(OK, { type: 'http', version: '2' });
    expect(ok).toBe(false);
  });
});
