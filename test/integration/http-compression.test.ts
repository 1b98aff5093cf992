// Compression of answers on their way: what is compressed, what is not, streams, back-pressure and breaks.
import { randomBytes } from 'node:crypto';
import zlib from 'node:zlib';
import { afterEach, describe, expect, test, vi } from 'vitest';
import {
  ask,
  connectHttp,
  get,
  type HttpMessage,
  ok,
  type Script,
  startHttpMember,
} from '../support/http-peers.js';
import { connectHttp2 } from '../support/http2-peers.js';
import { stalled } from '../support/stalled.js';
import { Stage } from '../support/tcp-peers.js';

const stage = new Stage();
afterEach(() => stage.close());

const TEXT = 'All work and no play makes Jack a dull boy. '.repeat(100);
const TYPE = 'Content-Type: text/plain; charset=utf-8\r\n';
const ACCEPT = 'Accept-Encoding: gzip, br\r\n';

async function open(script: Script, compression: object = {}, more: object = {}): Promise<number> {
  const member = stage.add(await startHttpMember(script));
  return (await stage.open([member], { protocol: 'http', compression, ...more })).port;
}

function decode({ headers, body }: Pick<HttpMessage, 'headers' | 'body'>): string {
  switch (headers.get('content-encoding')) {
    case 'br':
      return zlib.brotliDecompressSync(body).toString();
    case 'gzip':
      return zlib.gunzipSync(body).toString();
    default:
      return body.toString();
  }
}

describe('compression', () => {
  test('makes a small answer smaller, with its length', async () => {
    const port = await open(() => ok(TEXT, `${TYPE}ETag: "v1"\r\nAccept-Ranges: bytes\r\n`));
    const answer = await ask(port, get('/', ACCEPT));
    expect(answer.headers.get('content-encoding')).toBe('br');
    expect(answer.headers.get('vary')).toBe('Accept-Encoding');
    expect(answer.headers.get('etag')).toBe('W/"v1"');
    expect(answer.headers.has('accept-ranges')).toBe(false);
    expect(answer.headers.has('transfer-encoding')).toBe(false);
    expect(answer.headers.get('content-length')).toBe(String(answer.body.length));
    expect(answer.body.length).toBeLessThan(200);
    expect(decode(answer)).toBe(TEXT);
  });

  test('streams a long one in chunks', async () => {
    const long = TEXT.repeat(200);
    const port = await open(() => ok(long, `${TYPE}ETag: W/"v1"\r\n`));
    const client = await connectHttp(port);
    for (const accept of ['gzip', 'br']) {
      client.send(get('/', `Accept-Encoding: ${accept}\r\n`));
      const answer = await client.reply();
      expect(answer.headers.get('content-encoding')).toBe(accept);
      expect(answer.headers.get('transfer-encoding')).toBe('chunked');
      expect(answer.headers.has('content-length')).toBe(false);
      expect(answer.headers.get('etag')).toBe('W/"v1"');
      expect(decode(answer) === long).toBe(true);
    }
    client.peer.socket.destroy();
  });

  test('takes chunked answers, and those that end with their connection; the client connection is kept', async () => {
    let turn = 0;
    const port = await open((_request, peer) => {
      if (turn++ === 0) {
        const size = TEXT.length.toString(16);
        return `HTTP/1.1 200 OK\r\n${TYPE}Transfer-Encoding: chunked\r\n\r\n${size};x=1\r\n${TEXT}\r\n0\r\n\r\n`;
      }
      peer.send(`HTTP/1.1 200 OK\r\n${TYPE}\r\n${TEXT}`);
      peer.socket.end(TEXT);
      return undefined;
    });
    const client = await connectHttp(port);
    client.send(get('/', ACCEPT));
    expect(decode(await client.reply())).toBe(TEXT);
    client.send(get('/', ACCEPT));
    const second = await client.reply();
    expect(second.headers.has('connection')).toBe(false);
    expect(decode(second)).toBe(TEXT + TEXT);
    client.send(get('/', ACCEPT));
    expect(decode(await client.reply())).toBe(TEXT + TEXT);
    client.peer.socket.destroy();
  });

  const gzip = zlib.gzipSync(TEXT);
  const head = (status: string, lines: string, body: string | Buffer = TEXT): Buffer =>
    Buffer.concat([
      Buffer.from(`HTTP/1.1 ${status}\r\nContent-Length: ${body.length}\r\n${lines}\r\n`),
      Buffer.from(body),
    ]);

  test.each<readonly [string, Buffer, string]>([
    ['another type', ok(TEXT, 'Content-Type: image/png\r\n'), ACCEPT],
    ['no type', ok(TEXT), ACCEPT],
    ['a small one', ok('x'.repeat(1023), TYPE), ACCEPT],
    ['one that is encoded', ok(gzip, `${TYPE}Content-Encoding: gzip\r\n`), ACCEPT],
    ['a range', head('206 Partial Content', `${TYPE}Content-Range: bytes 0-9/10\r\n`), ACCEPT],
    ['no-transform', ok(TEXT, `${TYPE}Cache-Control: public, no-transform\r\n`), ACCEPT],
    ['a digest', ok(TEXT, `${TYPE}Content-Digest: sha-256=:x:\r\n`), ACCEPT],
    ['gRPC', ok(TEXT, 'Content-Type: application/grpc+json\r\n'), ACCEPT],
    ['a client that wants none', ok(TEXT, TYPE), `${ACCEPT}Cache-Control: no-transform\r\n`],
    [
      'a client that wants none, and says so in a second line',
      ok(TEXT, TYPE),
      `${ACCEPT}Cache-Control: no-cache\r\nCache-Control: no-transform\r\n`,
    ],
  ])('leaves alone: %s', async (_, answer, lines) => {
    const port = await open(() => answer);
    const got = await ask(port, get('/', lines));
    expect(got.body.equals(answer.subarray(answer.indexOf('\r\n\r\n') + 4))).toBe(true);
    expect(got.headers.has('vary')).toBe(false);
    expect(got.headers.get('content-length')).toBe(String(got.body.length));
  });

  test.each([
    ['no Accept-Encoding', ''],
    ['another coding', 'Accept-Encoding: deflate\r\n'],
    ['none of ours', 'Accept-Encoding: br;q=0, gzip;q=0\r\n'],
  ])('says that it would differ for others: %s', async (_, lines) => {
    const port = await open(() => ok(TEXT, `${TYPE}ETag: "v1"\r\nVary: Cookie\r\n`));
    const got = await ask(port, get('/', lines));
    expect(got.body.toString()).toBe(TEXT);
    expect(got.headers.get('vary')).toBe('Cookie, Accept-Encoding');
    expect(got.headers.get('etag')).toBe('"v1"');
  });

  test('not for HTTP/1.0, HEAD, 204, 304', async () => {
    const port = await open((request) =>
      request.firstLine.startsWith('HEAD')
        ? `HTTP/1.1 200 OK\r\n${TYPE}Content-Length: 4400\r\n\r\n`
        : request.firstLine.includes('/304')
          ? `HTTP/1.1 304 Not Modified\r\n${TYPE}ETag: "v"\r\n\r\n`
          : ok(TEXT, TYPE),
    );
    const old = await ask(port, `GET / HTTP/1.0\r\nHost: a\r\n${ACCEPT}\r\n`);
    expect(old.body.toString()).toBe(TEXT);
    const headed = await ask(port, `HEAD / HTTP/1.1\r\nHost: a\r\n${ACCEPT}\r\n`);
    expect(headed.headers.has('content-encoding')).toBe(false);
    const same = await ask(port, get('/304', ACCEPT));
    expect([same.status, same.headers.has('content-encoding')]).toEqual([304, false]);
  });

  const TAGGED = 'ETag: "v"\r\nAccept-Ranges: bytes\r\nContent-Length: 4400';
  test.each([
    ['HEAD', 'HEAD', '', `200 OK\r\n${TYPE}${TAGGED}`, true],
    ['HEAD of another type', 'HEAD', '', `200 OK\r\nContent-Type: image/png\r\n${TAGGED}`, false],
    ['304', 'GET', '"v"', `304 Not Modified\r\n${TYPE}${TAGGED}`, true],
    ['304 without a type, of what was compressed', 'GET', 'W/"v"', `304 N\r\n${TAGGED}`, true],
    ['304 without a type, of what was not', 'GET', '"v"', `304 N\r\n${TAGGED}`, false],
    ['304 of another type', 'GET', '"v"', `304 N\r\nContent-Type: image/png\r\n${TAGGED}`, false],
  ])(
    'has the tag of the GET in an answer without body, and no length of another form: %s',
    async (_, method, known, head, isWeak) => {
      const port = await open(() => `HTTP/1.1 ${head}\r\n\r\n`);
      const condition = known === '' ? '' : `If-None-Match: ${known}\r\n`;
      const tagged = async (accept: string): Promise<(string | undefined)[]> => {
        const got = await ask(port, get('/', accept + condition).replace('GET', method));
        return ['etag', 'accept-ranges'].map((name) => got.headers.get(name));
      };
      expect(await tagged(ACCEPT)).toEqual(isWeak ? ['W/"v"', undefined] : ['"v"', 'bytes']);
      // A client that takes no coding gets the member's own form, and its tag.
      if (known !== 'W/"v"') expect(await tagged('')).toEqual(['"v"', 'bytes']);
      const got = await ask(port, get('/', ACCEPT + condition).replace('GET', method));
      const isSameForm = got.headers.get('vary') === undefined;
      expect(got.headers.get('content-length')).toBe(isSameForm ? '4400' : undefined);
    },
  );

  test.each([
    ['no-transform', { 'Cache-Control': 'no-transform' }],
    ['a coding', { 'Content-Encoding': 'zstd' }],
  ])('leaves alone what gets from the policy: %s', async (_, set) => {
    const port = await open(() => ok(TEXT, TYPE), {}, { headers: { response: { set } } });
    const got = await ask(port, get('/', ACCEPT));
    expect(got.body.toString()).toBe(TEXT);
    expect(got.headers.get('content-encoding')).toBe(
      'Content-Encoding' in set ? 'zstd' : undefined,
    );
  });

  test('reads every line of Accept-Encoding', async () => {
    const port = await open(() => ok(TEXT, TYPE));
    const got = await ask(port, get('/', 'Accept-Encoding: deflate\r\nAccept-Encoding: gzip\r\n'));
    expect(got.headers.get('content-encoding')).toBe('gzip');
  });

  test('a tag that the policy takes out does not come back weak', async () => {
    const port = await open(
      () => ok(TEXT, `${TYPE}ETag: "v"\r\n`),
      {},
      {
        headers: { response: { remove: ['etag'] } },
      },
    );
    const got = await ask(port, get('/', ACCEPT));
    expect(got.headers.get('content-encoding')).toBe('br');
    expect(got.headers.has('etag')).toBe(false);
  });

  test.each([
    ['HEAD', 'HEAD', `200 OK\r\n${TYPE}Content-Length: 4400`, 'Accept-Encoding'],
    ['HEAD without a length', 'HEAD', `200 OK\r\n${TYPE}Vary: Cookie`, 'Cookie, Accept-Encoding'],
    ['HEAD of a small one', 'HEAD', `200 OK\r\n${TYPE}Content-Length: 10`, undefined],
    ['HEAD of another type', 'HEAD', '200 OK\r\nContent-Type: image/png', undefined],
    ['304', 'GET', `304 Not Modified\r\n${TYPE}ETag: "v"`, 'Accept-Encoding'],
    ['304 without a type', 'GET', '304 Not Modified\r\nETag: "v"', 'Accept-Encoding'],
    ['304 of another type', 'GET', '304 Not Modified\r\nContent-Type: image/png', undefined],
    ['304 of what is encoded', 'GET', '304 Not Modified\r\nContent-Encoding: br', undefined],
    ['204', 'GET', `204 No Content\r\n${TYPE}X: y`, undefined],
  ])(
    'says in an answer without body what the GET would vary by: %s',
    async (_, method, head, vary) => {
      const port = await open(() => `HTTP/1.1 ${head}\r\n\r\n`);
      for (const accept of [ACCEPT, '']) {
        const got = await ask(port, get('/', accept).replace('GET', method));
        expect(got.headers.get('vary')).toBe(vary);
        expect(got.headers.get('content-encoding')).toBe(
          head.includes('Encoding') ? 'br' : undefined,
        );
      }
    },
  );

  test('trailers pass behind what is compressed', async () => {
    const size = TEXT.length.toString(16);
    const port = await open(
      () =>
        `HTTP/1.1 200 OK\r\n${TYPE}Transfer-Encoding: chunked\r\n\r\n${size}\r\n${TEXT}\r\n0\r\nX-Sum: 5\r\n\r\n`,
    );
    const client = await connectHttp(port);
    client.send(get('/', ACCEPT));
    expect(decode(await client.reply())).toBe(TEXT);
    expect(client.peer.text.endsWith('0\r\nX-Sum: 5\r\n\r\n')).toBe(true);
    client.peer.socket.destroy();
  });

  test('serves clients of HTTP/2: small ones, streams, trailers; a line of the log for each', async () => {
    const long = TEXT.repeat(200);
    const member = stage.add(
      await startHttpMember(({ firstLine }) => {
        if (firstLine.includes('/small')) return ok(TEXT, TYPE);
        if (firstLine.includes('/long')) return ok(long, TYPE);
        const chunk = `${long.length.toString(16)}\r\n${long}\r\n0\r\nX-Sum: 5\r\n\r\n`;
        return `HTTP/1.1 200 OK\r\n${TYPE}Transfer-Encoding: chunked\r\n\r\n${chunk}`;
      }),
    );
    const lines: string[] = [];
    const { port } = await stage.open(
      [member],
      { protocol: 'http', compression: {}, http2: { cleartext: true }, accessLog: 'haproxy' },
      {},
      { accessLog: (text) => void lines.push(...text.trimEnd().split('\n')) },
    );
    const client = stage.add(await connectHttp2(port));
    for (const coding of ['gzip', 'br']) {
      for (const path of ['/small', '/long', '/trailers']) {
        const reply = await client.ask(path, { headers: { 'accept-encoding': coding } });
        expect([reply.status, reply.headers['content-encoding']]).toEqual([200, coding]);
        const text = decode({
          headers: new Map([['content-encoding', coding]]),
          body: reply.body,
        });
        expect(text === (path === '/small' ? TEXT : long), path).toBe(true);
        expect(reply.trailers['x-sum']).toBe(path === '/trailers' ? '5' : undefined);
      }
    }
    await vi.waitFor(() => expect(lines).toHaveLength(6));
    expect(lines[0]).toMatch(
      / 200 \d+ - - ---- .* "GET http:\/\/127\.0\.0\.1:\d+\/small HTTP\/2\.0"$/,
    );
  });

  test('what does not get smaller stays as it is', async () => {
    const noise = randomBytes(3000);
    const port = await open(() => ok(noise, TYPE));
    const got = await ask(port, get('/', ACCEPT));
    expect(got.headers.has('content-encoding')).toBe(false);
    expect(got.body.equals(noise)).toBe(true);
  });

  test('goes by its own settings', async () => {
    const settings = { algorithms: ['gzip'], minBytes: 10, types: ['image/*'] };
    const port = await open(() => ok(TEXT.slice(0, 200), 'Content-Type: Image/X\r\n'), settings);
    expect((await ask(port, get('/', ACCEPT))).headers.get('content-encoding')).toBe('gzip');
  });

  test('an event of a slow stream comes out at once', async () => {
    const says: ((text: string) => void)[] = [];
    const port = await open((_request, peer) => {
      peer.send(
        'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n',
      );
      says.push((text) => peer.send(`${text.length.toString(16)}\r\n${text}\r\n`));
      return undefined;
    });
    for (const accept of ['gzip', 'br']) {
      const client = await connectHttp(port);
      client.send(get('/', `Accept-Encoding: ${accept}\r\n`));
      await vi.waitFor(() => expect(client.peer.text).toContain('\r\n\r\n'));
      const stream = accept === 'br' ? zlib.createBrotliDecompress() : zlib.createGunzip();
      let seen = '';
      stream.on('data', (bytes: Buffer) => {
        seen += bytes.toString();
      });
      stream.on('error', () => {});
      let at = client.peer.received.indexOf('\r\n\r\n') + 4;
      const pump = (): void => {
        for (;;) {
          const { received } = client.peer;
          const end = received.indexOf('\r\n', at);
          if (end < 0) return;
          const size = Number.parseInt(received.toString('latin1', at, end), 16);
          if (received.length < end + 2 + size + 2) return;
          stream.write(Buffer.from(received.subarray(end + 2, end + 2 + size)));
          at = end + 2 + size + 2;
        }
      };
      const say = says.at(-1);
      for (const event of ['data: one\n\n', 'data: two\n\n', 'data: three\n\n']) {
        say?.(event);
        await vi.waitFor(() => {
          pump();
          expect(seen.endsWith(event)).toBe(true);
        });
      }
      client.peer.socket.destroy();
    }
  });

  test('an answer that breaks off does not look complete', async () => {
    const port = await open((_request, peer) => {
      peer.send(`HTTP/1.1 200 OK\r\n${TYPE}Content-Length: 1000000\r\n\r\n${TEXT}`);
      setTimeout(() => peer.socket.destroy(), 30);
      return undefined;
    });
    const client = await connectHttp(port);
    client.send(get('/', ACCEPT));
    await client.peer.ending;
    expect(client.peer.text).toContain('Content-Encoding: br');
    expect(client.peer.text.endsWith('0\r\n\r\n')).toBe(false);
    client.peer.socket.destroy();
  });

  test('a client that does not read holds the member back, and gets all of it later', async () => {
    const noise = randomBytes(6_000_000).toString('base64');
    let sent = 0;
    const member = stage.add(
      await startHttpMember((_request, peer) => {
        peer.send(`HTTP/1.1 200 OK\r\n${TYPE}Content-Length: ${noise.length}\r\n\r\n`);
        const more = (): void => {
          while (sent < noise.length) {
            const piece = noise.slice(sent, sent + 65_536);
            sent += piece.length;
            if (!peer.socket.write(piece)) {
              peer.socket.once('drain', more);
              return;
            }
          }
        };
        more();
        return undefined;
      }),
    );
    const { port, pool } = await stage.open([member], {
      protocol: 'http',
      compression: { algorithms: ['gzip'] },
    });
    const client = await connectHttp(port);
    client.peer.socket.pause();
    client.send(get('/', ACCEPT));
    await vi.waitFor(() => expect(sent).toBeGreaterThan(0));
    await stalled(() => pool.status().members[0]?.totals.bytesIn ?? 0);
    expect(pool.status().members[0]?.totals.bytesIn).toBeLessThan(noise.length);
    client.peer.socket.resume();
    const answer = await client.reply();
    expect(zlib.gunzipSync(answer.body).toString('latin1') === noise).toBe(true);
    client.send(get('/', ACCEPT));
    client.peer.socket.destroy();
  });

  test('a client that leaves frees the stream; the next one is served', async () => {
    let turn = 0;
    const port = await open((_request, peer) => {
      if (turn++ > 0) return ok(TEXT, TYPE);
      peer.send(`HTTP/1.1 200 OK\r\n${TYPE}Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n`);
      return undefined;
    });
    const client = await connectHttp(port);
    client.send(get('/', ACCEPT));
    await vi.waitFor(() => expect(client.peer.text).toContain('Content-Encoding'));
    client.peer.socket.resetAndDestroy();
    expect(decode(await ask(port, get('/', ACCEPT)))).toBe(TEXT);
  });
});
