import { describe, expect, test } from 'vitest';
import { LineOutput } from '../../../src/cli/line-output.js';
import { VirtualClock } from '../../../src/testkit/virtual-clock.js';

/** A pipe whose reader takes nothing until it is told to. */
class StuckPipe {
  text = '';
  writableLength = 0;
  isBlocking = true;
  readonly _handle: { setBlocking: (on: boolean) => void } = {
    setBlocking: (on) => {
      this.isBlocking = on;
    },
  };

  write(text: string): void {
    this.text += text;
    this.writableLength += text.length;
  }
}

describe('LineOutput', () => {
  test('never waits for the reader of a pipe, and leaves a terminal as it is', () => {
    const pipe = new StuckPipe();
    new LineOutput(pipe).write('a');
    expect(pipe).toMatchObject({ isBlocking: false, text: 'a\n' });
    const terminal = Object.assign(new StuckPipe(), { isTTY: true });
    new LineOutput(terminal).write('a');
    expect(terminal).toMatchObject({ isBlocking: true, text: 'a\n' });
  });

  test('drops lines while more than a MiB waits, and counts them', () => {
    const pipe = new StuckPipe();
    const output = new LineOutput(pipe);
    const line = 'x'.repeat(1023);
    for (let i = 0; i < 1030; i++) output.write(line);
    expect(pipe.text.length).toBe(1025 * 1024);
    expect(output.dropped).toBe(5);
    pipe.writableLength = 0;
    output.write('again');
    expect(pipe.text.endsWith('\nagain\n')).toBe(true);
  });

  test('says at the end whether everything was taken', async () => {
    const clock = new VirtualClock();
    const pipe = new StuckPipe();
    const output = new LineOutput(pipe);
    await expect(output.flush(clock)).resolves.toBe(true);
    output.write('a');
    const flushed = output.flush(clock);
    await clock.advanceAsync(2000);
    await expect(flushed).resolves.toBe(false);
  });
});
