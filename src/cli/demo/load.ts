// The demo's clients: a steady stream of requests, each counted by who answered it and how fast.
import { Agent, get } from 'node:http';
import { type Clock, sleep } from '../../core/clock.js';
import { MEMBER_HEADER } from './member.js';

const CLIENTS = 10;
/** What each client waits between two requests, ms: together they make about 400 requests a second. */
const PAUSE_MS = 20;

/** Sends requests from {@link CLIENTS} kept-alive connections until it is stopped. */
export class SteadyLoad {
  readonly #clock: Clock;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: CLIENTS });
  readonly #stop = new AbortController();
  #clients: Promise<unknown> = Promise.resolve();
  /** Requests by the member that answered. */
  readonly answered: Map<string, number> = new Map();
  /** Every request's time to its last byte, ms, in the order of completion. */
  readonly latenciesMs: number[] = [];
  /** Resets, timeouts and statuses other than 200. */
  failed = 0;
  /** Of the last failure. */
  lastFault = '';

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get requests(): number {
    return this.latenciesMs.length + this.failed;
  }

  start(url: string): void {
    this.#clients = Promise.all(Array.from({ length: CLIENTS }, () => this.#client(url)));
  }

  /** Resolves when every request under way has its answer. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#clients;
    this.#agent.destroy();
  }

  async #client(url: string): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const startedMs = this.#clock.now();
      const member = await this.#request(url);
      if (member !== undefined) {
        this.latenciesMs.push(this.#clock.now() - startedMs);
        this.answered.set(member, (this.answered.get(member) ?? 0) + 1);
      }
      await sleep(this.#clock, PAUSE_MS, signal);
    }
  }

  /** Resolves with the name of the member that answered, or undefined when the request failed. */
  #request(url: string): Promise<string | undefined> {
    return new Promise((resolve) => {
      const fail = (fault: string): void => {
        this.failed++;
        this.lastFault = fault;
        resolve(undefined);
      };
      const request = get(url, { agent: this.#agent, timeout: 10_000 }, (response) => {
        response.resume();
        response.once('error', (error) => fail(error.message));
        response.once('end', () => {
          if (response.statusCode === 200) resolve(String(response.headers[MEMBER_HEADER]));
          else fail(`status ${response.statusCode}`);
        });
      });
      request.once('timeout', () => request.destroy(new Error('no answer in 10 s')));
      request.once('error', (error) => fail(error.message));
    });
  }
}

/** The value below which `share` (0-1) of the numbers lie; 0 for none. O(n log n). */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
