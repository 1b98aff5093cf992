// The routes of a frontend: finds the one that takes a request, and lets it act.
import { AMBIGUOUS, NO_ROUTE, RouteMatcher } from '../../../route/route-matcher.js';
import type { RouteConfig } from '../../../spec/config.js';
import type { FrontendContext, PoolLookup } from '../../handler.js';
import type { Decision } from './decision.js';
import { HttpRoute } from './http-route.js';
import type { Pass, Verdict } from './policy.js';
import type { RequestView } from './request-view.js';

/** Makes the passes of one route, such as its rate limits. @param label - `routes[2]` */
export type RoutePasses = (route: RouteConfig, label: string) => readonly Pass[];

/** What the pass is built from. */
export interface RoutePassParts {
  readonly routes: readonly RouteConfig[];
  readonly pools: PoolLookup;
  readonly context: FrontendContext;
  /** @defaultValue none */
  readonly passesOf?: RoutePasses;
}

/** Nobody can tell whose request it is. */
const UNCLEAR: Verdict = { status: 400, reason: 'the path leads to different routes' };

/** First match wins; without one the request goes to the frontend's own pool. */
export class RoutePass implements Pass {
  readonly name = 'routes';
  readonly #matcher: RouteMatcher;
  readonly #routes: readonly HttpRoute[];

  /** @throws EvenkeelError EK_UNKNOWN_NAME when a pool does not exist */
  constructor({ routes, pools, context, passesOf }: RoutePassParts) {
    this.#matcher = new RouteMatcher(routes);
    this.#routes = routes.map((route, index) => {
      const label = `routes[${index}]`;
      return new HttpRoute(route, {
        label,
        pools,
        context,
        passes: passesOf?.(route, label) ?? [],
      });
    });
  }

  judge(request: RequestView, decision: Decision): Verdict | Promise<Verdict> {
    const index = this.#matcher.find(request);
    if (index === NO_ROUTE) return undefined;
    return index === AMBIGUOUS ? UNCLEAR : this.#routes[index]!.take(request, decision);
  }
}
