// Server names out of real ClientHellos, in whatever pieces they come.
import { Duplex } from 'node:stream';
import tls from 'node:tls';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { CLIENT_HELLO_MAX, ClientHelloReader } from '../../../src/wire/client-hello.js';

/** What Node's own TLS client says first. */
function recordHello(options: tls.ConnectionOptions): Promise<Buffer> {
  return new Promise((resolve) => {
    const wire = new Duplex({ read() {}, write: (chunk: Buffer) => resolve(chunk) });
    tls.connect({ socket: wire, ...options }).on('error', () => {});
  });
}

function read(...parts: Buffer[]): ClientHelloReader {
  const reader = new ClientHelloReader();
  for (const part of parts) reader.push(part);
  return reader;
}

/** The same handshake message in records of at most `size` bytes. */
function inRecords(hello: Buffer, size: number): Buffer {
  const message = hello.subarray(5);
  const records: Buffer[] = [];
  for (let at = 0; at < message.length; at += size) {
    const fragment = message.subarray(at, at + size);
    const head = Buffer.from([22, 3, 1, fragment.length >> 8, fragment.length & 255]);
    records.push(head, fragment);
  }
  return Buffer.concat(records);
}

describe('ClientHelloReader', () => {
  let named: Buffer;
  let nameless: Buffer;
  let old: Buffer;

  beforeAll(async () => {
    named = await recordHello({ servername: 'Api.Example.COM', ALPNProtocols: ['h2', 'http/1.1'] });
    nameless = await recordHello({ servername: '' });
    old = await recordHello({ servername: 'old.example.com', maxVersion: 'TLSv1.2' });
  });

  test('finds the name, in lower case', () => {
    expect(read(named)).toMatchObject({ state: 'complete', serverName: 'api.example.com' });
    expect(read(old)).toMatchObject({ state: 'complete', serverName: 'old.example.com' });
  });

  test('is complete without a name where there is none', () => {
    expect(read(nameless)).toMatchObject({ state: 'complete', serverName: undefined });
  });

  test('is incomplete until the last byte, wherever it is cut', () => {
    for (let cut = 1; cut < named.length; cut++) {
      expect(read(named.subarray(0, cut)).state).toBe('incomplete');
      expect(read(named.subarray(0, cut), named.subarray(cut)).serverName).toBe('api.example.com');
    }
  });

  test.each([1, 2, 3, 4, 5, 16, 100])('reads it from TLS records of %i bytes', (size) => {
    expect(read(inRecords(named, size)).serverName).toBe('api.example.com');
  });

  test('reads any splitting over segments and records', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 300 }),
        fc.infiniteStream(fc.integer({ min: 1, max: 90 })),
        (size, steps) => {
          const bytes = inRecords(named, size);
          const reader = new ClientHelloReader();
          let at = 0;
          for (const step of steps) {
            if (at >= bytes.length) break;
            reader.push(bytes.subarray(at, at + step));
            at += step;
          }
          expect(reader.serverName).toBe('api.example.com');
        },
      ),
      { numRuns: 50 },
    );
  });

  test('does not look behind a complete hello', () => {
    expect(read(Buffer.concat([named, Buffer.from('garbage')])).state).toBe('complete');
  });

  test.each([
    ['an HTTP request', Buffer.from('GET / HTTP/1.1\r\n')],
    ['one byte that no TLS record begins with', Buffer.from('S')],
    ['SSL 2', Buffer.from([0x80, 0x2e, 1, 0, 2])],
    ['a record that is no handshake', Buffer.from([23, 3, 3, 0, 1, 0])],
    ['an empty record', Buffer.from([22, 3, 1, 0, 0])],
    ['another version', Buffer.from([22, 9])],
    ['another handshake message', Buffer.from([22, 3, 1, 0, 4, 2, 0, 0, 0])],
    ['a hello of no length', Buffer.from([22, 3, 1, 0, 4, 1, 0, 0, 0])],
  ])('says not-tls to %s', (_name, bytes) => {
    expect(read(bytes).state).toBe('not-tls');
  });

  test('says too-long to a hello beyond the bound, and keeps no more of it', () => {
    const size = CLIENT_HELLO_MAX + 1;
    const message = Buffer.from([22, 3, 1, 0x40, 0, 1, size >> 16, (size >> 8) & 255, size & 255]);
    expect(read(message).state).toBe('too-long');
  });

  test('never crashes on damaged hellos', () => {
    fc.assert(
      fc.property(fc.nat(2000), fc.nat(255), fc.nat(2000), (at, value, cut) => {
        const damaged = Buffer.from(named);
        damaged[at % damaged.length] = value;
        const { state } = read(damaged.subarray(0, 1 + (cut % damaged.length)));
        expect(['incomplete', 'complete', 'not-tls', 'too-long']).toContain(state);
      }),
      { numRuns: 2000 },
    );
  });
});
