// How many frames that bring nothing along a client may send.
import { describe, expect, test } from 'vitest';
import { FloodBudget } from '../../../../src/frontend/http2/flood-budget.js';

/** Sends so many frames; how many it took to be one too many, 0 = it never was. */
function send(budget: FloodBudget, frames: number, nowMs = 0): number {
  for (let i = 1; i <= frames; i++) if (budget.onFrame(nowMs)) return i;
  return 0;
}

describe('FloodBudget', () => {
  test('10,000 frames in 10 s are free, and again in the next 10 s', () => {
    const budget = new FloodBudget({ answerFrames: 0, bytesOut: 0 });
    expect(send(budget, 10_000)).toBe(0);
    expect(send(budget, 10_000, 10_000)).toBe(0);
    expect(send(budget, 1, 19_999)).toBe(1);
  });

  test('what was sent before the period earns nothing in it', () => {
    const budget = new FloodBudget({ answerFrames: 1_000_000, bytesOut: 1e9 });
    expect(send(budget, 20_000)).toBe(10_001);
  });

  test('a client that gives two windows back for each 4 KiB of a download is never too much', () => {
    const sent = { answerFrames: 0, bytesOut: 0 };
    const budget = new FloodBudget(sent);
    for (let i = 0; i < 10_000; i++) {
      sent.answerFrames++;
      sent.bytesOut += 16_393;
      if (send(budget, 8) > 0) throw new Error(`too many in frame ${i}`);
    }
  });

  test('answers to PING and SETTINGS, 20 bytes each, do not keep up with the frames that ask for them', () => {
    const sent = { answerFrames: 0, bytesOut: 0 };
    const budget = new FloodBudget(sent);
    let frames = 0;
    do sent.bytesOut += 17;
    while (++frames < 100_000 && send(budget, 1) === 0);
    expect(frames).toBeLessThan(11_000);
  });

  test('100 faults in 10 s are forgiven', () => {
    const budget = new FloodBudget({ answerFrames: 0, bytesOut: 0 });
    const faults = Array.from({ length: 101 }, () => budget.onFault(0));
    expect(faults.indexOf(true)).toBe(100);
    expect(budget.onFault(10_000)).toBe(false);
  });
});
