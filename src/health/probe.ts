// The contract of one kind of health check: ask once, say how it went. Timers and thresholds belong to HealthChecker.

/** Whom to ask. */
export interface ProbeTarget {
  /** IP address or name. */
  readonly host: string;
  readonly port: number;
  /** The member's name, for messages and custom probes. */
  readonly name: string;
}

/** How one check went. */
export interface ProbeResult {
  readonly ok: boolean;
  /** Short and for people: `status 200`, `connect refused`, `timeout after 2s`. */
  readonly reason: string;
  /** The member asks to be drained (`drainOn`); counts as a good check. */
  readonly drain?: boolean;
}

/** One kind of check. */
export interface Probe {
  /**
   * Asks the target once. Resolves with the result; a rejection counts as a failure whose message is the reason.
   * Must let go of its socket or process when `signal` aborts (the timeout, or the checker stops).
   */
  check(target: ProbeTarget, signal: AbortSignal): Promise<ProbeResult>;
}

/** Whether a value of the host's is the result of a check. */
export function isProbeResult(value: unknown): value is ProbeResult {
  return (
    typeof value === 'object' &&
    value !== null &&
    'ok' in value &&
    typeof value.ok === 'boolean' &&
    'reason' in value &&
    typeof value.reason === 'string'
  );
}
