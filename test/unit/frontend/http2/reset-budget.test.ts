// How many streams a client may reset.
import { describe, expect, test } from 'vitest';
import { ResetBudget } from '../../../../src/frontend/http2/reset-budget.js';

/** Opens streams and resets some of them; how many resets it took to be one too many, 0 = it never was. */
function spend(budget: ResetBudget, opened: number, resets: number, nowMs: number): number {
  for (let i = 0; i < opened; i++) budget.onOpened(nowMs);
  for (let i = 1; i <= resets; i++) if (budget.onReset(nowMs)) return i;
  return 0;
}

describe('ResetBudget', () => {
  test('100 resets are free, whatever was opened', () => {
    expect(spend(new ResetBudget(), 100, 100, 0)).toBe(0);
  });

  test('who resets more than every second stream goes on to the hundredth only', () => {
    expect(spend(new ResetBudget(), 150, 150, 0)).toBe(101);
  });

  test('who resets every second stream is served for ever', () => {
    const budget = new ResetBudget();
    for (let i = 0; i < 20; i++) expect(spend(budget, 1000, 500, i * 100)).toBe(0);
  });

  test('what was more than two periods ago is forgotten', () => {
    const budget = new ResetBudget();
    expect(spend(budget, 100, 100, 0)).toBe(0);
    expect(spend(budget, 100, 100, 25_000)).toBe(0);
  });

  test('resets spread over two periods count together', () => {
    const budget = new ResetBudget();
    expect(spend(budget, 90, 90, 9000)).toBe(0);
    expect(spend(budget, 90, 90, 19_000)).toBe(11);
  });
});
