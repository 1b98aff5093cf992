// Asks a source at an interval: never two questions at once, never more than one per interval.
import { sleep } from '../../core/clock.js';
import type { Environment } from '../../core/environment.js';
import type { MemberConfig } from '../../spec/config.js';
import type { Discovery, DiscoveryListener } from './discovery.js';

/** How far an interval may stray, as a share of it, so that balancers do not ask in step. */
const JITTER = 0.1;

/** One question; rejects when there is no usable answer. Must end when `signal` aborts. */
export type Lookup = (signal: AbortSignal) => Promise<readonly MemberConfig[]>;

/** How often to ask. */
export interface PollingOptions {
  /** For people: `dns web.internal`. */
  readonly title: string;
  /** From the start of one question to the start of the next, ms; jittered by 10 %. A question that takes longer is given up. */
  readonly intervalMs: number;
  readonly environment: Environment;
}

/** Discovery by asking again and again. */
export class PollingDiscovery implements Discovery {
  readonly title: string;
  readonly #lookup: Lookup;
  readonly #options: PollingOptions;
  readonly #closing: AbortController = new AbortController();
  #isStarted = false;
  /** A question that was given up has not come back yet. */
  #isBusy = false;

  constructor(lookup: Lookup, options: PollingOptions) {
    this.title = options.title;
    this.#lookup = lookup;
    this.#options = options;
  }

  async start(listener: DiscoveryListener): Promise<void> {
    if (this.#isStarted || this.#closing.signal.aborted) return;
    this.#isStarted = true;
    const next = this.#turn();
    await this.#ask(listener);
    void this.#repeat(listener, next);
  }

  close(): Promise<void> {
    this.#closing.abort(new Error('discovery was closed'));
    return Promise.resolve();
  }

  /** Resolves when the next question is due; begun together with the question before it. */
  #turn(): Promise<void> {
    const { clock, random } = this.#options.environment;
    const factor = 1 - JITTER + 2 * JITTER * random.next();
    return sleep(clock, this.#options.intervalMs * factor, this.#closing.signal);
  }

  async #repeat(listener: DiscoveryListener, first: Promise<void>): Promise<void> {
    let turn = first;
    for (;;) {
      await turn;
      if (this.#closing.signal.aborted) return;
      turn = this.#turn();
      await this.#ask(listener);
    }
  }

  async #ask(listener: DiscoveryListener): Promise<void> {
    if (this.#isBusy) {
      listener.onFailure(`${this.title}: the last question has not ended yet`);
      return;
    }
    const { clock } = this.#options.environment;
    const asking = new AbortController();
    const stop = (): void => asking.abort(this.#closing.signal.reason);
    this.#closing.signal.addEventListener('abort', stop, { once: true });
    const deadline = clock.schedule(this.#options.intervalMs, () =>
      asking.abort(new Error(`no answer within ${this.#options.intervalMs} ms`)),
    );
    try {
      const members = await this.#answer(asking.signal);
      if (!this.#closing.signal.aborted) listener.onMembers(members);
    } catch (error) {
      if (!this.#closing.signal.aborted)
        listener.onFailure(`${this.title}: ${describeFault(error)}`);
    } finally {
      deadline.cancel();
      this.#closing.signal.removeEventListener('abort', stop);
    }
  }

  /** The answer, or a rejection as soon as `signal` aborts, even if the lookup ignores it. */
  #answer(signal: AbortSignal): Promise<readonly MemberConfig[]> {
    this.#isBusy = true;
    return new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(new Error(describeFault(signal.reason))), {
        once: true,
      });
      this.#callLookup(signal)
        .finally(() => {
          this.#isBusy = false;
        })
        .then(resolve, reject);
    });
  }

  /** A lookup may throw before it returns a promise. */
  async #callLookup(signal: AbortSignal): Promise<readonly MemberConfig[]> {
    return await this.#lookup(signal);
  }
}

/** What went wrong, in one line for people. */
export function describeFault(fault: unknown): string {
  return fault instanceof Error ? fault.message : String(fault);
}
