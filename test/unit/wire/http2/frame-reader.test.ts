// Frames are the same, however the bytes are cut that bring them.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Flag, FrameType, PREFACE, writeFrameHead } from '../../../../src/wire/http2/frame.js';
import { FrameReader } from '../../../../src/wire/http2/frame-reader.js';

interface Sent {
  readonly type: number;
  readonly flags?: number;
  readonly stream?: number;
  readonly payload?: Buffer;
}

function frame({ type, flags = 0, stream = 1, payload = Buffer.alloc(0) }: Sent): Buffer {
  const head = Buffer.alloc(9);
  writeFrameHead(head, 0, payload.length, type, flags, stream);
  return Buffer.concat([head, payload]);
}

/** What a reader tells of these bytes. DATA in pieces is put together again. */
function readAll(pieces: readonly Buffer[]): { told: string[]; unfinished: boolean } {
  const told: string[] = [];
  let data = '';
  const reader = new FrameReader({
    onFrame(type, flags, stream, bytes, from, to) {
      told.push(`${type}/${flags}/${stream}/${bytes.toString('hex', from, to)}`);
    },
    onData(stream, bytes, from, to, paddingBytes, isEnd) {
      data += bytes.toString('hex', from, to);
      if (paddingBytes > 0) told.push(`padding ${paddingBytes}`);
      if (isEnd) {
        told.push(`data/${stream}/${data}`);
        data = '';
      }
    },
    onFrameFault(code, reason) {
      told.push(`fault ${code}: ${reason}`);
      reader.stop();
    },
  });
  for (const piece of pieces) reader.read(piece, piece.length);
  return { told, unfinished: reader.isInHead };
}

function cutAt(bytes: Buffer, places: readonly number[]): Buffer[] {
  const sorted = [...places.map((place) => place % bytes.length), 0, bytes.length].sort(
    (a, b) => a - b,
  );
  return sorted.slice(1).map((place, i) => bytes.subarray(sorted[i], place));
}

const payload = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));
const other = fc.record({
  type: fc.constantFrom(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 255),
  flags: fc.integer({ min: 0, max: 255 }),
  stream: fc.integer({ min: 0, max: 0x7fff_ffff }),
  payload,
});
const data = fc
  .tuple(
    fc.integer({ min: 0, max: 0x7fff_ffff }),
    payload,
    fc.option(fc.integer({ min: 0, max: 255 })),
  )
  .map(([stream, bytes, padding]) => ({
    type: FrameType.data,
    flags: Flag.endStream | (padding === null ? 0 : Flag.padded),
    stream,
    payload:
      padding === null
        ? bytes
        : Buffer.concat([Buffer.from([padding]), bytes, Buffer.alloc(padding)]),
  }));

describe('FrameReader', () => {
  test('tells the same of any frames, wherever the bytes are cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(other, data), { maxLength: 8 }),
        fc.array(fc.nat(), { maxLength: 40 }),
        (frames, places) => {
          const bytes = Buffer.concat([PREFACE, ...frames.map((one) => frame(one))]);
          const whole = readAll([bytes]);
          expect(readAll(cutAt(bytes, places))).toEqual(whole);
          expect(readAll([...bytes].map((byte) => Buffer.from([byte])))).toEqual(whole);
          expect(whole.told.filter((line) => !line.startsWith('padding'))).toHaveLength(
            frames.length,
          );
          expect(whole.unfinished).toBe(false);
        },
      ),
    );
  });

  test.each([
    [
      'a preface of another protocol',
      Buffer.from('GET / HTTP/1.1\r\n'),
      'fault 1: this is not HTTP/2',
    ],
    [
      'a frame that is too long',
      Buffer.concat([PREFACE, Buffer.from('004001060000000000', 'hex')]),
      'fault 6: a frame is too long',
    ],
    [
      'DATA that has no room for the length of its padding',
      Buffer.concat([PREFACE, frame({ type: 0, flags: Flag.padded })]),
      'fault 6: no room for the length of the padding',
    ],
    [
      'padding as long as the payload',
      Buffer.concat([
        PREFACE,
        frame({ type: 0, flags: Flag.padded, payload: Buffer.from([3, 1, 1]) }),
      ]),
      'fault 1: more padding than payload',
    ],
  ])('refuses %s, and reads no further', (_, bytes, fault) => {
    const more = Buffer.concat([bytes, frame({ type: FrameType.ping, payload: Buffer.alloc(8) })]);
    expect(readAll([more]).told).toEqual([fault]);
    expect(readAll([...more].map((byte) => Buffer.from([byte]))).told).toEqual([fault]);
  });

  test('a frame that has begun is unfinished; DATA is passed on as it comes', () => {
    const ping = frame({ type: FrameType.ping, payload: Buffer.alloc(8) });
    expect(readAll([PREFACE, ping.subarray(0, 12)]).unfinished).toBe(true);
    expect(readAll([PREFACE, ping]).unfinished).toBe(false);
    const half = frame({ type: FrameType.data, payload: Buffer.alloc(100) }).subarray(0, 50);
    expect(readAll([PREFACE, half]).unfinished).toBe(false);
  });
});
