// Durations as HAProxy reads them.

/** HAProxy's longest timer: 2^31 - 1 ms, some 24 days. */
export const LONGEST_MS = 2_147_483_647;

/** Milliseconds with the unit that says it shortest: `5s`, `1500ms`, `1h`. At least 1 ms. */
export function renderTime(milliseconds: number): string {
  const ms = Math.min(LONGEST_MS, Math.max(1, Math.round(milliseconds)));
  for (const [unit, size] of UNITS) if (ms % size === 0) return `${ms / size}${unit}`;
  return `${ms}ms`;
}

const UNITS: readonly (readonly [string, number])[] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
];
