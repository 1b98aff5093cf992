// The intervals of RFC 9568 6.1, in milliseconds.

/** Quick probes of an active one whose connection was reset: so many, so far apart at most. */
export const PROBES = 4;
const PROBE_GAP_MS = 45;

/** Adverts of one who resigns: nobody asks for a lost one. */
export const RESIGN_COPIES = 3;

/** The lower the priority, the longer one waits behind the others: `(256 - priority) / 256` of an interval. */
export function skewMs(priority: number, intervalMs: number): number {
  return ((256 - priority) * intervalMs) / 256;
}

/** After so long without an advert the active one counts as gone: three intervals and the skew. At 1 s: 3.21875 s for priority 200. */
export function downIntervalMs(priority: number, intervalMs: number): number {
  return 3 * intervalMs + skewMs(priority, intervalMs);
}

/** Time that one probe has for its answer. */
export function probeGapMs(intervalMs: number): number {
  return Math.min(PROBE_GAP_MS, intervalMs / 4);
}

/** A timer that comes this late was held up: the process was stopped, or busy. */
export function isLate(byMs: number, intervalMs: number): boolean {
  return byMs > intervalMs / 4;
}

/** How long a backup that was held up reads what came meanwhile before it takes over. */
export function lateGraceMs(intervalMs: number): number {
  return Math.min(50, intervalMs / 2);
}
