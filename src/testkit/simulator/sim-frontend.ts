// The entrance of a node: its rate limits and routes, as the real ones judge, without sockets.
import { TimerWheel } from '../../core/timer-wheel.js';
import { type FrontendContext, FrontendCounters } from '../../frontend/handler.js';
import { type Denial, LimitList } from '../../frontend/limits/limit-list.js';
import { LimiterShelf, type ShelfParts } from '../../frontend/limits/limiter-shelf.js';
import { NO_ROUTE, RouteMatcher } from '../../route/route-matcher.js';
import type { RoutedRequest } from '../../route/routed-request.js';
import { Split } from '../../route/split.js';
import type { FrontendConfig, RouteConfig } from '../../spec/config.js';
import type { Invariants } from './invariants.js';
import type { SimPool } from './sim-pool.js';

/** What becomes of a request: a pool takes it, or it is answered with a status. */
export type Destination = SimPool | number;

/** @internal One entrance. */
export class SimFrontend {
  readonly name: string;
  readonly isHttp: boolean;
  readonly isUdp: boolean;
  /** ms; infinity = none. */
  readonly totalMs: number;
  readonly #limits: LimitList | undefined;
  readonly #shelf: LimiterShelf;
  readonly #matcher: RouteMatcher | undefined;
  readonly #routes: readonly ((request: RoutedRequest) => Destination)[];
  readonly #pool: SimPool | undefined;
  readonly #node: string;

  constructor(
    config: FrontendConfig,
    pools: ReadonlyMap<string, SimPool>,
    parts: Omit<ShelfParts, 'frontend'> & { readonly node: string },
  ) {
    this.#node = parts.node;
    const { name, protocol, routes, rateLimit = [], pool } = config;
    this.name = name;
    this.isUdp = protocol === 'udp';
    this.isHttp = protocol === 'http' || protocol === 'https';
    this.totalMs = config.timeouts.total ?? Number.POSITIVE_INFINITY;
    const { environment, events } = parts;
    this.#shelf = new LimiterShelf({ ...parts, frontend: name });
    this.#shelf.begin();
    const context: FrontendContext = {
      name,
      balancer: parts.node,
      environment,
      events,
      wheel: new TimerWheel(environment.clock),
      counters: new FrontendCounters(),
      active: () => 0,
      accessLog: undefined,
      limiters: this.#shelf,
      judged: new Set(),
    };
    this.#limits = rateLimit.length === 0 ? undefined : new LimitList(rateLimit, { name }, context);
    this.#shelf.commit();
    const isRouted = this.isHttp && routes.length > 0;
    this.#matcher = isRouted ? new RouteMatcher(routes) : undefined;
    this.#routes = routes.map((route) =>
      compileRoute(route, pools, () => environment.random.next()),
    );
    this.#pool = pool === undefined ? undefined : pools.get(pool);
  }

  /** As `LimitList.judge`: undefined = go on. */
  judge(request: RoutedRequest): Denial | undefined | Promise<Denial | undefined> {
    return this.#limits?.judge(request);
  }

  /** The limits let it pass: whether they should have is judged by other means. */
  noteAllowed(request: RoutedRequest, invariants: Invariants, nowMs: number): void {
    if (this.#limits === undefined) return;
    for (const limit of this.#limits.limits) {
      const key = limit.keyOf(request);
      if (key !== undefined)
        invariants.onAllowed(limit.config, `${this.#node}/${limit.name}/${key}`, nowMs);
    }
  }

  route(request: RoutedRequest): Destination {
    const index = this.#matcher?.find(request) ?? NO_ROUTE;
    if (index >= 0) return this.#routes[index]!(request);
    return index === NO_ROUTE ? (this.#pool ?? 404) : 400;
  }

  /** What its limits have counted. */
  get limiters(): LimiterShelf {
    return this.#shelf;
  }

  close(): void {
    this.#shelf.close();
  }
}

function compileRoute(
  route: RouteConfig,
  pools: ReadonlyMap<string, SimPool>,
  draw: () => number,
): (request: RoutedRequest) => Destination {
  const { pool, split, redirect, respond, sticky = false } = route;
  if (redirect !== undefined) return () => redirect.status;
  if (respond !== undefined) return () => respond.status;
  if (split !== undefined) {
    const shares = new Split(
      split.map((share) => ({ choice: pools.get(share.pool)!, weight: share.weight })),
    );
    const random = { next: draw };
    return ({ source }) => (sticky ? shares.choiceOf(source) : shares.draw(random));
  }
  const one = pools.get(pool ?? '')!;
  return () => one;
}
