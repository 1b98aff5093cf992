// The only place that reads time: every other file takes a Clock.

/** A pending callback of a {@link Clock}. */
export interface ClockTimer {
  /** Forgets the callback; harmless when it already ran. */
  cancel(): void;
}

/** Time as the rest of the library sees it; tests and the simulator bring their own. */
export interface Clock {
  /** Monotonic milliseconds since an arbitrary start; fractions allowed. */
  now(): number;
  /** Milliseconds since the Unix epoch, for events and logs. */
  wallTime(): number;
  /** Runs `callback` once after `delayMs` (>= 0). The timer keeps the process alive. */
  schedule(delayMs: number, callback: () => void): ClockTimer;
}

/** setTimeout fires at once for anything longer: 24.8 days. */
const LONGEST_TIMEOUT_MS = 2_147_483_647;

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wallTime: () => Date.now(),
  schedule(delayMs, callback) {
    let timer: NodeJS.Timeout;
    let leftMs = delayMs;
    const wait = (): void => {
      const stepMs = Math.min(leftMs, LONGEST_TIMEOUT_MS);
      leftMs -= stepMs;
      timer = setTimeout(leftMs > 0 ? wait : callback, stepMs);
    };
    wait();
    return { cancel: () => clearTimeout(timer) };
  },
};

/**
 * Resolves after `delayMs`, or at once when `signal` aborts (it never rejects: callers re-check the signal).
 */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted === true) return Promise.resolve();
  return new Promise((resolve) => {
    const finish = (): void => {
      timer.cancel();
      signal?.removeEventListener('abort', finish);
      resolve();
    };
    const timer = clock.schedule(delayMs, finish);
    signal?.addEventListener('abort', finish, { once: true });
  });
}
