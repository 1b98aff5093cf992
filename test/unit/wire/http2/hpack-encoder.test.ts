// What the encoder writes, a decoder reads; and what comes again costs a byte.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HpackDecoder } from '../../../../src/wire/http2/hpack-decoder.js';
import { blockRoom, HpackEncoder } from '../../../../src/wire/http2/hpack-encoder.js';

class Pair {
  readonly encoder: HpackEncoder = new HpackEncoder();
  readonly decoder: HpackDecoder = new HpackDecoder();

  answer(text: string, status = 200): { fields: string[]; bytes: Buffer } {
    const out = Buffer.alloc(blockRoom(text.length));
    return this.#read(out.subarray(0, this.encoder.encodeAnswer(text, status, out)));
  }

  trailers(text: string): { fields: string[]; bytes: Buffer } {
    const out = Buffer.alloc(blockRoom(text.length));
    return this.#read(out.subarray(0, this.encoder.encodeLines(text, out)));
  }

  #read(bytes: Buffer): { fields: string[]; bytes: Buffer } {
    const limits = { bytes: 1_000_000, fields: 1000 };
    expect(this.decoder.decode(bytes, 0, bytes.length, limits)).toBe('read');
    return { bytes, fields: this.decoder.fields.map(({ name, value }) => `${name}: ${value}`) };
  }
}

function head(...lines: readonly string[]): string {
  return ['HTTP/1.1 200 OK', ...lines, '', ''].join('\r\n');
}

describe('HpackEncoder', () => {
  test('names are in lower case, blanks and fields of the connection are left out, lines stay in order', () => {
    const text = head(
      'Server:  x \t',
      'Set-Cookie: a=1',
      'Connection: close',
      'SET-COOKIE: b=2',
      'Transfer-Encoding: chunked',
      'X-Empty:',
      'Date: now',
      'date: then',
    );
    expect(new Pair().answer(text, 404).fields).toEqual([
      ':status: 404',
      'server: x',
      'set-cookie: a=1',
      'set-cookie: b=2',
      'x-empty: ',
      'date: now',
      'date: then',
    ]);
  });

  test.each([200, 201, 204, 206, 304, 400, 404, 429, 500, 599])('status %i', (status) => {
    expect(new Pair().answer(head(), status).fields).toEqual([`:status: ${status}`]);
  });

  test('a line that comes again is one byte', () => {
    const pair = new Pair();
    const text = head('Server: evenkeel', 'Content-Type: text/plain', 'X-Own: something');
    pair.answer(text);
    expect(pair.answer(text).bytes).toHaveLength(4);
  });

  test('values that hardly come again take no place in the table', () => {
    const pair = new Pair();
    const fixed = 'Server: evenkeel';
    pair.answer(head(fixed));
    for (let i = 0; i < 2000; i++) {
      pair.answer(
        head(fixed, `Content-Length: ${i}`, `ETag: "${i}"`, `X-Request-Id: ${'r'.repeat(30)}${i}`),
      );
    }
    expect(pair.answer(head(fixed)).bytes).toHaveLength(2);
  });

  test('secrets are never kept, by nobody', () => {
    const pair = new Pair();
    const { bytes } = pair.answer(head('Set-Cookie: session=1'));
    // Never indexed, with the name of entry 55.
    expect([bytes[1]! & 0xf0, bytes.length]).toEqual([0x10, 1 + 3 + 'session=1'.length]);
    expect(pair.answer(head('Set-Cookie: session=1')).bytes).toHaveLength(bytes.length);
  });

  test('the table becomes as small as the peer asks, and as large again, and says so', () => {
    const pair = new Pair();
    const text = head('Server: evenkeel');
    pair.answer(text);
    pair.encoder.resize(0);
    expect(pair.answer(text).fields).toEqual([':status: 200', 'server: evenkeel']);
    expect(pair.answer(text).bytes.length).toBeGreaterThan(5);
    pair.encoder.resize(0);
    pair.encoder.resize(100);
    pair.encoder.resize(1_000_000);
    expect(pair.answer(text).fields).toEqual([':status: 200', 'server: evenkeel']);
    // Smaller than it was before the peer made it larger: both are to be said.
    pair.encoder.resize(50);
    pair.encoder.resize(4096);
    expect(pair.answer(text).bytes.subarray(0, 5)).toEqual(
      Buffer.from([0x3f, 50 - 31, 0x3f, 0xe1, 0x1f]),
    );
    expect(pair.answer(text).bytes).toHaveLength(2);
  });

  test('trailers have no status', () => {
    expect(new Pair().trailers('grpc-status: 0\r\nGrpc-Message: ok\r\n').fields).toEqual([
      'grpc-status: 0',
      'grpc-message: ok',
    ]);
  });

  const name = fc.stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,20}$/);
  const value = fc.stringMatching(/^[!-~\u0080-\u00FF]{0,300}$/);
  const names = ['server', 'content-type', 'set-cookie', 'x-a', 'x-b', 'etag', 'date'];
  const line = fc.oneof(
    fc.tuple(fc.constantFrom(...names), fc.constantFrom('1', '2', '3')),
    fc.tuple(name, value),
  );
  const resize = fc.option(fc.integer({ min: 0, max: 5000 }));

  test('any heads, one after the other, and tables of any size: what is read is what was written', () => {
    const heads = fc.array(fc.tuple(resize, fc.array(line, { maxLength: 30 })), { maxLength: 30 });
    fc.assert(
      fc.property(heads, (all) => {
        const pair = new Pair();
        for (const [size, lines] of all) {
          if (size !== null) pair.encoder.resize(size);
          const { fields } = pair.answer(head(...lines.map(([key, text]) => `${key}: ${text}`)));
          const kept = lines.filter(
            ([key]) =>
              !/^(connection|http2-settings|keep-alive|proxy-connection|transfer-encoding|upgrade)$/i.test(
                key,
              ),
          );
          expect(fields.slice(1)).toEqual(
            kept.map(([key, text]) => `${key.toLowerCase()}: ${text}`),
          );
        }
      }),
    );
  });
});
