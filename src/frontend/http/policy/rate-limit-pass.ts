// Rate limits of http: a request that they deny is answered, or its connection is closed.
import { renderDenialLines, renderPolicyLine } from '../../../rate-limit/limit-lines.js';
import type { RateLimitConfig } from '../../../spec/config.js';
import type { FrontendContext } from '../../handler.js';
import { type Denial, LimitList, type LimitListPlace } from '../../limits/limit-list.js';
import type { Pass, Verdict } from './policy.js';
import type { RequestView } from './request-view.js';

/**
 * The passes of a list of limits: none for an empty one.
 * @param place - where the limits stand: the frontend, or one of its routes
 */
export function createRateLimitPasses(
  configs: readonly RateLimitConfig[] | undefined,
  place: LimitListPlace,
  context: FrontendContext,
): readonly Pass[] {
  if (configs === undefined || configs.length === 0) return [];
  return [new RateLimitPass(new LimitList(configs, place, context))];
}

class RateLimitPass implements Pass {
  readonly name = 'rate-limit';
  readonly #list: LimitList;
  readonly #policyLine: string;

  constructor(list: LimitList) {
    this.#list = list;
    this.#policyLine = renderPolicyLine(list.limits);
  }

  judge(request: RequestView): Verdict | Promise<Verdict> {
    const denial = this.#list.judge(request);
    if (denial === undefined) return undefined;
    return denial instanceof Promise
      ? denial.then((late) => late && this.#answer(late))
      : this.#answer(denial);
  }

  #answer({ limit, retryAfterMs }: Denial): Verdict {
    if (limit.config.action === 'close') return 'close';
    return {
      status: limit.config.status ?? 429,
      denies: true,
      lines: renderDenialLines(limit.name, retryAfterMs) + this.#policyLine,
      reason: `rate limit "${limit.name}"`,
    };
  }
}
