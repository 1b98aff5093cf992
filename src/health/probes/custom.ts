// The host's own check: a function.
import { isProbeResult, type Probe, type ProbeResult, type ProbeTarget } from '../probe.js';

/**
 * A check written by the host. `false`, `ok: false` and a rejection are failures;
 * it must let go of everything when `signal` aborts.
 */
export type CustomCheck = (
  target: ProbeTarget,
  signal: AbortSignal,
) => boolean | ProbeResult | Promise<boolean | ProbeResult>;

/** Asks a function. */
export class CustomProbe implements Probe {
  readonly #ask: CustomCheck;

  constructor(ask: CustomCheck) {
    this.#ask = ask;
  }

  async check(target: ProbeTarget, signal: AbortSignal): Promise<ProbeResult> {
    const answer: unknown = await this.#ask(target, signal);
    if (typeof answer === 'boolean') return { ok: answer, reason: answer ? 'ok' : 'check failed' };
    if (isProbeResult(answer)) return answer;
    return { ok: false, reason: 'the custom check returned neither a boolean nor a result' };
  }
}
