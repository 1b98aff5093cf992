// Tells of clients that a limit denies: each once in a window, however often they come.
import { createHash } from 'node:crypto';
import { BoundedMap } from '../../core/bounded-map.js';
import { renderDuration } from '../../core/duration.js';
import type { RateLimitConfig } from '../../spec/config.js';
import type { FrontendContext } from '../handler.js';

/** Clients that were told of, at most. */
const MAX_TOLD = 10_000;

/** One per limit. Costs nothing while nobody listens. */
export class DenialAnnouncer {
  readonly #config: RateLimitConfig;
  readonly #limit: string;
  readonly #context: FrontendContext;
  /** When each may be told of again, monotonic ms. */
  readonly #told: BoundedMap<string, number>;

  /** @param limit - the name of the limit */
  constructor(config: RateLimitConfig, limit: string, context: FrontendContext) {
    this.#config = config;
    this.#limit = limit;
    this.#context = context;
    this.#told = new BoundedMap({ max: MAX_TOLD }, context.environment.clock);
  }

  /** A request of `key` was denied. */
  onDenied(key: string, retryAfterMs: number): void {
    const { name, events, environment } = this.#context;
    if (!events.hears('limit:denied')) return;
    const { clock } = environment;
    const nowMs = clock.now();
    if (nowMs < (this.#told.get(key) ?? 0)) return;
    const { requests, window } = this.#config;
    this.#told.set(key, nowMs + window);
    events.emit('limit:denied', {
      frontend: name,
      limit: this.#limit,
      key: this.#show(key),
      retryAfterMs,
      at: clock.wallTime(),
      reason: `more than ${requests} in ${renderDuration(window)}`,
    });
  }

  /** An address as it is. The value of a header or cookie may be a secret: it is told as 8 digits of its SHA-256. */
  #show(value: string): string {
    const { key } = this.#config;
    if (typeof key === 'string') return key === 'frontend' ? 'frontend' : value;
    const digest = createHash('sha256').update(value).digest('hex').slice(0, 8);
    return 'header' in key ? `header ${key.header} ${digest}` : `cookie ${key.cookie} ${digest}`;
  }
}
