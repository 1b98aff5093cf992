// Tells listeners of the diagnostics channels, and the access log, what requests do.
import { requestEnd, requestError, requestStart, requestTry } from '../../model/diagnostics.js';
import type { RequestTrace, TraceSink } from './request-trace.js';
import type { TryTrace } from './try-trace.js';

/**
 * Publishes the traces of a frontend: every request has one start and one end, and an error in between when it failed.
 * While nobody listens and there is no log, a request is asked about once and nothing is kept of it.
 */
export class RequestChannels implements TraceSink {
  readonly #log: TraceSink | undefined;

  /** @param log - hears of the same requests */
  constructor(log?: TraceSink) {
    this.#log = log;
  }

  get isOn(): boolean {
    return (
      requestEnd.hasSubscribers ||
      requestStart.hasSubscribers ||
      requestError.hasSubscribers ||
      requestTry.hasSubscribers ||
      this.#log?.isOn === true
    );
  }

  get hearsTries(): boolean {
    return requestTry.hasSubscribers;
  }

  onStart(trace: RequestTrace): void {
    this.#log?.onStart(trace);
    if (requestStart.hasSubscribers) requestStart.publish(trace);
  }

  onTry(attempt: TryTrace): void {
    requestTry.publish(attempt);
  }

  onEnd(trace: RequestTrace): void {
    if (requestError.hasSubscribers && hasFailed(trace)) requestError.publish(trace);
    if (requestEnd.hasSubscribers) requestEnd.publish(trace);
    this.#log?.onEnd(trace);
  }
}

/** Who could not be read, or got to no member, has failed; an answer that a rule gives is no fault. */
function hasFailed({ end, phase, method }: RequestTrace): boolean {
  if (end !== 'answered') return end !== 'ok';
  return method === '' || (phase !== 'request' && phase !== 'policy');
}
