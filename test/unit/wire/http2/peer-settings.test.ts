// What a client says of itself, in the order in which it says it.
import { expect, test } from 'vitest';
import { ErrorCode } from '../../../../src/wire/http2/frame.js';
import { PeerSettings } from '../../../../src/wire/http2/peer-settings.js';

function settings(...pairs: readonly (readonly [number, number])[]): Buffer {
  return Buffer.concat(
    pairs.map(([id, value]) => {
      const bytes = Buffer.alloc(6);
      bytes.writeUInt16BE(id, 0);
      bytes.writeUInt32BE(value, 2);
      return bytes;
    }),
  );
}

function read(peer: PeerSettings, ...pairs: readonly (readonly [number, number])[]): number {
  const bytes = settings(...pairs);
  return peer.read(bytes, 0, bytes.length);
}

test('the last value of a setting counts, and the smallest table that was between', () => {
  const peer = new PeerSettings();
  expect(read(peer, [1, 0], [4, 7], [1, 8192], [4, 100])).toBe(0);
  expect(peer).toMatchObject({ tableBytes: 8192, smallestTableBytes: 0, initialWindow: 100 });
  expect(read(peer, [1, 9000])).toBe(0);
  expect(peer).toMatchObject({ tableBytes: 9000, smallestTableBytes: 8192 });
  expect(read(peer)).toBe(0);
  expect(peer).toMatchObject({ tableBytes: 9000, smallestTableBytes: 9000, initialWindow: 100 });
});

test.each<[string, number, number, number]>([
  ['push of 2', 2, 2, ErrorCode.protocolError],
  ['a window of 2^31', 4, 2 ** 31, ErrorCode.flowControlError],
  ['frames of less than 16 KiB', 5, 16_383, ErrorCode.protocolError],
  ['frames of 16 MiB', 5, 2 ** 24, ErrorCode.protocolError],
])('%s may not be', (_, id, value, code) => {
  expect(read(new PeerSettings(), [id, value])).toBe(code);
});

test.each<[string, number, number]>([
  ['push of 0', 2, 0],
  ['the largest window', 4, 2 ** 31 - 1],
  ['the largest frames', 5, 2 ** 24 - 1],
  ['the largest table', 1, 2 ** 32 - 1],
  ['what nobody knows', 0xabcd, 2 ** 32 - 1],
])('%s may be', (_, id, value) => {
  expect(read(new PeerSettings(), [id, value])).toBe(0);
});
