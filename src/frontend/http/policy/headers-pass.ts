// The changes of headers that hold for every request of a frontend.
import type { HeadersConfig } from '../../../spec/http-features-config.js';
import type { Decision } from './decision.js';
import { HeaderChanges } from './header-changes.js';
import type { Pass } from './policy.js';
import type { RequestView } from './request-view.js';

/** Notes the frontend's changes; a route adds its own behind them. */
export class HeadersPass implements Pass {
  readonly name = 'headers';
  readonly #changes: HeaderChanges;

  constructor(config: HeadersConfig) {
    this.#changes = new HeaderChanges(config);
  }

  judge(request: RequestView, decision: Decision): undefined {
    this.#changes.apply(request, decision);
  }
}
