// What limits need of a frontend, for tests.
import { Emitter } from '../../../../src/core/emitter.js';
import { systemRandom } from '../../../../src/core/random.js';
import { TimerWheel } from '../../../../src/core/timer-wheel.js';
import { type FrontendContext, FrontendCounters } from '../../../../src/frontend/handler.js';
import { LimiterShelf } from '../../../../src/frontend/limits/limiter-shelf.js';
import type { BalancerEvents } from '../../../../src/model/events.js';
import type { RateLimitConfig } from '../../../../src/spec/config.js';
import { parseRateLimit } from '../../../../src/spec/parse.js';
import type { RateLimitSpec } from '../../../../src/spec/rate-limit.js';
import { VirtualClock } from '../../../../src/testkit/virtual-clock.js';

/** A frontend's context with a clock to move. */
export interface TestContext extends FrontendContext {
  readonly clock: VirtualClock;
  /** Every `limit:` event so far. */
  readonly told: object[];
}

/** @param listens - whether anybody hears of denials */
export function createContext(extensions = {}, listens = true): TestContext {
  const clock = new VirtualClock();
  const environment = { clock, random: systemRandom };
  const events = new Emitter<BalancerEvents>();
  const told: object[] = [];
  if (listens) {
    events.on('limit:denied', (event) => told.push(event));
    events.on('limit:store-failed', (event) => told.push(event));
    events.on('limit:store-restored', (event) => told.push(event));
  }
  return {
    name: 'front',
    balancer: '',
    clock,
    environment,
    wheel: new TimerWheel(clock),
    events,
    counters: new FrontendCounters(),
    limiters: new LimiterShelf({ frontend: 'front', environment, events, extensions }),
    judged: new Set(),
    active: () => 0,
    accessLog: undefined,
    told,
  };
}

/** Limits as a frontend has them. */
export function limits(
  ...specs: (Partial<RateLimitSpec> & { readonly requests: number })[]
): readonly RateLimitConfig[] {
  const extensions = { shared: { take: () => {} } };
  return specs.map((spec) => parseRateLimit({ window: '1s', ...spec }, { extensions }));
}
