import { describe, expect, test } from 'vitest';
import { BodyMode, BodyReader } from '../../../../src/wire/http1/body.js';
import { CHUNKED_CASES } from '../../../integration/http-strict/cases/chunked.js';

interface Fed {
  readonly isRefused: boolean;
  readonly isDone: boolean;
  readonly kept: string;
  readonly payloadBytes: number;
  /** Bytes of the text that belong to the body. */
  readonly consumed: number;
}

/** Feeds `text` in pieces of `size` bytes, each in a buffer of its own. */
function feed(reader: BodyReader, text: string, size: number): Fed {
  let kept = '';
  let consumed = 0;
  for (let at = 0; at < text.length && !reader.isDone; at += size) {
    const piece = Buffer.from(`ab${text.slice(at, at + size)}yz`, 'latin1');
    const end = reader.feed(piece, 2, piece.length - 2);
    if (end < 0) return { isRefused: true, isDone: false, kept, payloadBytes: 0, consumed };
    if (
      piece.toString('latin1', 0, 2) !== 'ab' ||
      piece.toString('latin1', piece.length - 2) !== 'yz'
    )
      throw new Error('bytes beside the body were written');
    consumed += end - 2;
    kept += piece.toString('latin1', 2, reader.keptEnd);
  }
  const { isDone, payloadBytes } = reader;
  return { isRefused: false, isDone, kept: kept + reader.tail, payloadBytes, consumed };
}

function chunked(keepsFraming = true): BodyReader {
  const reader = new BodyReader();
  reader.start(BodyMode.chunked, 0, keepsFraming);
  return reader;
}

describe.each([1, 2, 3, 7, 100_000])('chunked bodies in pieces of %d bytes', (size) => {
  test.each(CHUNKED_CASES.map((item) => [item.name, item] as const))('%s', (_, item) => {
    const fed = feed(chunked(), item.bytes, size);
    if (item.forwarded === undefined) {
      expect(fed.isRefused).toBe(true);
      return;
    }
    expect(fed).toMatchObject({ isRefused: false, isDone: true, kept: item.forwarded });
    expect(fed.consumed).toBe(item.bytes.length);
  });

  test('the next message is left alone', () => {
    const fed = feed(chunked(), '5;x\r\nhello\r\n0\r\nX: 1\r\n\r\nGET / HTTP/1.1\r\n', size);
    expect(fed).toMatchObject({ isDone: true, payloadBytes: 5, consumed: 23 });
  });

  test('only the payload is kept for HTTP/1.0 clients', () => {
    const text = '2;a\r\nhe\r\n3\r\nllo\r\n0\r\nX-Sum: 1\r\n\r\nnext';
    expect(feed(chunked(false), text, size)).toMatchObject({ isDone: true, kept: 'hello' });
  });
});

describe('chunked bodies', () => {
  test('plain framing is kept where it lies', () => {
    const reader = chunked();
    const bytes = Buffer.from('5\r\nhello\r\n0\r\n\r\n');
    expect(reader.feed(bytes, 0, bytes.length)).toBe(bytes.length);
    expect(reader.keptEnd).toBe(bytes.length);
    expect(reader.tail).toBe('');
  });

  test('a chunk says how much it announces before it is there', () => {
    const reader = chunked();
    const bytes = Buffer.from('10000\r\nabc');
    reader.feed(bytes, 0, bytes.length);
    expect([reader.payloadBytes, reader.announcedBytes]).toEqual([3, 65_533]);
  });

  test('a reader can be started again after a refusal', () => {
    const reader = chunked();
    expect(reader.feed(Buffer.from('x'), 0, 1)).toBe(-1);
    reader.start(BodyMode.chunked);
    expect(feed(reader, '0\r\n\r\n', 5)).toMatchObject({ isDone: true });
  });

  test('a body that ends early is not whole', () => {
    const reader = chunked();
    feed(reader, '5\r\nhello\r\n0\r\n', 100);
    expect(reader.end()).toBe(false);
  });
});

describe('bodies with a length', () => {
  test.each([1, 3, 100])('in pieces of %d bytes end where they say', (size) => {
    const reader = new BodyReader();
    reader.start(BodyMode.length, 5);
    expect(feed(reader, 'helloGET', size)).toMatchObject({
      isDone: true,
      kept: 'hello',
      payloadBytes: 5,
      consumed: 5,
    });
  });

  test('a length of 0 is done at once and takes nothing', () => {
    const reader = new BodyReader();
    reader.start(BodyMode.length, 0);
    expect(reader.isDone).toBe(true);
    expect(reader.feed(Buffer.from('abc'), 1, 3)).toBe(1);
    expect(reader.keptEnd).toBe(1);
  });

  test('a cut body is not whole', () => {
    const reader = new BodyReader();
    reader.start(BodyMode.length, 5);
    reader.feed(Buffer.from('abc'), 0, 3);
    expect([reader.end(), reader.announcedBytes]).toEqual([false, 2]);
  });
});

describe('other bodies', () => {
  test('no body is done at once', () => {
    const reader = new BodyReader();
    reader.start(BodyMode.none);
    expect([reader.isDone, reader.end()]).toEqual([true, true]);
  });

  test('a body until close is done when the connection ends', () => {
    const reader = new BodyReader();
    reader.start(BodyMode.untilClose);
    expect(reader.feed(Buffer.from('abc'), 0, 3)).toBe(3);
    expect(reader.isDone).toBe(false);
    expect([reader.end(), reader.isDone, reader.payloadBytes]).toEqual([true, true, 3]);
  });
});
