import { Writable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { LogWriter, logWriterOf } from '../../../../src/frontend/access-log/log-writer.js';
import { VirtualClock } from '../../../../src/testkit/virtual-clock.js';

/** A stream whose reader takes something only when told to. */
function slowStream(): { readonly stream: Writable; take: () => void; readonly chunks: string[] } {
  const chunks: string[] = [];
  let taken: (() => void) | undefined;
  const stream = new Writable({
    decodeStrings: false,
    write(chunk: string, _encoding, done) {
      chunks.push(chunk);
      taken = done;
    },
  });
  return { stream, take: () => taken?.(), chunks };
}

describe('LogWriter', () => {
  test('hands over the lines of one turn together', () => {
    const clock = new VirtualClock();
    const batches: string[] = [];
    const writer = new LogWriter((lines) => batches.push(lines), clock);
    for (const line of ['a', 'b', 'c']) expect(writer.write(line)).toBe(true);
    expect(batches).toEqual([]);
    clock.advance(1);
    expect(batches).toEqual(['a\nb\nc\n']);
    clock.advance(10);
    expect(batches).toHaveLength(1);
    writer.write('d');
    writer.flush();
    expect(batches[1]).toBe('d\n');
  });

  test('drops what is too much for a reader who takes nothing, and goes on when it does', async () => {
    const clock = new VirtualClock();
    const { stream, take, chunks } = slowStream();
    const writer = new LogWriter(stream, clock);
    const line = 'x'.repeat(10_000);
    let taken = 0;
    for (let i = 0; i < 200; i++) {
      if (writer.write(line)) taken++;
      clock.advance(1);
    }
    expect(taken).toBeGreaterThan(90);
    expect(taken * 10_000).toBeLessThanOrEqual(1_048_576);
    expect(stream.writableLength).toBeLessThanOrEqual(1_048_576);
    while (stream.writableLength > 0) {
      take();
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(writer.write('again')).toBe(true);
    clock.advance(1);
    expect(chunks.at(-1) === 'again\n').toBe(true);
  });

  test('survives a reader that has gone', async () => {
    const clock = new VirtualClock();
    const stream = new Writable({ write: (_chunk, _encoding, done) => done(new Error('EPIPE')) });
    const writer = new LogWriter(stream, clock);
    writer.write('a');
    clock.advance(1);
    await new Promise((resolve) => stream.once('close', resolve));
    expect(writer.write('b')).toBe(false);
    clock.advance(1);
  });

  test('takes nothing for a stream that was gone before, or has ended', () => {
    const clock = new VirtualClock();
    const destroyed = new Writable().destroy();
    const ended = slowStream().stream;
    ended.end();
    for (const stream of [destroyed, ended]) {
      expect(new LogWriter(stream, clock).write('a')).toBe(false);
    }
  });

  test('is one for each target', () => {
    const clock = new VirtualClock();
    const target = (): void => {};
    expect(logWriterOf(target, clock)).toBe(logWriterOf(target, clock));
    expect(logWriterOf(() => {}, clock)).not.toBe(logWriterOf(target, clock));
  });
});
