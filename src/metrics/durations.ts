// A histogram of the time that requests take, from what the diagnostics channel tells of each.
import diagnostics from 'node:diagnostics_channel';
import { Histogram, type Registry } from 'prom-client';
import type { Engine } from '../model/engine.js';
import type { RequestReport } from '../model/request-report.js';

/** Upper bounds in seconds, as OpenTelemetry recommends for `http.server.request.duration`. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

/** How durations are measured. */
export interface DurationOptions {
  /** Upper bounds of the buckets, seconds, ascending. @defaultValue 5 ms to 10 s in 14 steps */
  readonly buckets?: readonly number[];
}

/** Listens to the ends of one balancer's requests. Labels are bounded: frontends x pools x 6 classes of status. */
export class Durations {
  readonly #balancer: string;
  readonly #registry: Registry;
  readonly #name: string;
  readonly #histogram: Histogram<'proxy' | 'backend' | 'code'>;
  readonly #listener = (message: unknown): void => this.#onEnd(message as RequestReport);

  constructor(balancer: Engine, registry: Registry, prefix: string, options: DurationOptions) {
    this.#balancer = balancer.name;
    this.#registry = registry;
    this.#name = `${prefix}_http_request_duration_seconds`;
    this.#histogram = new Histogram({
      name: this.#name,
      help: 'From the head of a request to the end of its answer; code "none" = it got none',
      labelNames: ['proxy', 'backend', 'code'],
      buckets: [...(options.buckets ?? BUCKETS)],
      registers: [registry],
    });
    diagnostics.subscribe('evenkeel:request:end', this.#listener);
  }

  /** Listens no more. */
  close(): void {
    diagnostics.unsubscribe('evenkeel:request:end', this.#listener);
    this.#registry.removeSingleMetric(this.#name);
  }

  #onEnd({ balancer, frontend, pool, status, startMs, endMs }: RequestReport): void {
    if (balancer !== this.#balancer) return;
    const code = status === 0 ? 'none' : status < 600 ? `${Math.trunc(status / 100)}xx` : 'other';
    this.#histogram.observe({ proxy: frontend, backend: pool, code }, (endMs - startMs) / 1000);
  }
}
