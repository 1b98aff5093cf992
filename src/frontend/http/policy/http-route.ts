// One route of an http frontend, compiled: what becomes of the requests that it takes.
import type { Pool } from '../../../pool/pool.js';
import { RetryPolicy } from '../../../pool/retry-policy.js';
import { PathRewrite } from '../../../route/path-rewrite.js';
import { withoutEndingSlash } from '../../../route/path-table.js';
import { Redirect } from '../../../route/redirect.js';
import { Split } from '../../../route/split.js';
import type { RouteConfig } from '../../../spec/config.js';
import { type FrontendContext, findPool, type PoolLookup } from '../../handler.js';
import type { Decision } from './decision.js';
import { HeaderChanges } from './header-changes.js';
import { type Pass, Policy, type PolicyAnswer, type Verdict } from './policy.js';
import type { RequestView } from './request-view.js';
import { TemplateView } from './template-view.js';

/** What routes are built from. */
export interface RouteParts {
  /** For logs and counters: `routes[2]`. */
  readonly label: string;
  readonly pools: PoolLookup;
  readonly context: FrontendContext;
  /** Judged when the route has matched, before it acts. */
  readonly passes: readonly Pass[];
}

/** Redirects that nobody may remember say so, as HAProxy's do. */
const UNCACHED: ReadonlySet<number> = new Set([302, 303, 307]);

/** One for all routes: it is filled and read in one turn. */
const view = new TemplateView();

/** Answers a request itself, or says who gets it and how. */
export class HttpRoute {
  readonly #label: string;
  readonly #context: FrontendContext;
  readonly #passes: Policy | undefined;
  /** The answer of `respond`; undefined = it has none. */
  readonly #answer: PolicyAnswer | undefined;
  readonly #redirect: Redirect | undefined;
  readonly #redirectStatus: number;
  readonly #pool: Pool | undefined;
  readonly #split: Split<Pool> | undefined;
  readonly #isSticky: boolean;
  readonly #rewrite: PathRewrite | undefined;
  readonly #headers: HeaderChanges | undefined;
  readonly #retries: RetryPolicy | undefined;
  readonly #serverMs: number;
  readonly #totalMs: number;
  /** Characters of the path that `{rest}` leaves out; infinity = all. */
  readonly #prefixLength: number;

  /** @throws EvenkeelError EK_UNKNOWN_NAME when a pool does not exist */
  constructor(config: RouteConfig, { label, pools, context, passes }: RouteParts) {
    const poolNamed = (name: string): Pool => findPool(context.name, pools, name);
    const { pool, split, redirect, respond, rewritePath, headers, retries, timeouts } = config;
    this.#label = label;
    this.#context = context;
    this.#passes = passes.length === 0 ? undefined : new Policy(passes);
    this.#answer = respond && answerOf(respond, label);
    this.#redirect = redirect && new Redirect(redirect.to);
    this.#redirectStatus = redirect?.status ?? 0;
    this.#pool = pool === undefined ? undefined : poolNamed(pool);
    this.#split =
      split && new Split(split.map((one) => ({ choice: poolNamed(one.pool), weight: one.weight })));
    this.#isSticky = config.sticky ?? false;
    this.#rewrite = rewritePath && new PathRewrite(rewritePath);
    this.#headers = headers && new HeaderChanges(headers);
    this.#retries = retries && new RetryPolicy(retries);
    this.#serverMs = timeouts?.server ?? 0;
    this.#totalMs = timeouts?.total ?? 0;
    this.#prefixLength = prefixLength(config.match.path);
  }

  /** Takes a request that it matches. */
  take(request: RequestView, decision: Decision): Verdict | Promise<Verdict> {
    decision.route = this.#label;
    if (this.#passes === undefined) return this.#act(request, decision);
    const verdict = this.#passes.judge(request, decision);
    if (verdict instanceof Promise) {
      return verdict.then((late) => late ?? this.#act(request, decision));
    }
    return verdict ?? this.#act(request, decision);
  }

  #act(request: RequestView, decision: Decision): Verdict {
    if (this.#answer !== undefined) return this.#answer;
    if (this.#redirect !== undefined) return this.#send(this.#redirect, request, decision);
    decision.pool = this.#split === undefined ? this.#pool : this.#choose(this.#split, request);
    decision.retries = this.#retries;
    decision.serverMs = this.#serverMs;
    decision.totalMs = this.#totalMs;
    if (this.#rewrite !== undefined) decision.target = this.#rewrite.apply(request.target);
    if (this.#headers !== undefined) this.#headers.apply(request, decision, this.#prefixLength);
    return undefined;
  }

  #choose(split: Split<Pool>, { source }: RequestView): Pool {
    return this.#isSticky ? split.choiceOf(source) : split.draw(this.#context.environment.random);
  }

  #send(redirect: Redirect, request: RequestView, decision: Decision): PolicyAnswer {
    const location = redirect.location(view.show(request, decision, this.#prefixLength));
    const reason = `redirect by ${this.#label}`;
    if (location === undefined) return { status: 400, reason: `no address for a ${reason}` };
    const status = this.#redirectStatus;
    const caching = UNCACHED.has(status) ? 'Cache-Control: no-cache\r\n' : '';
    return { status, lines: `Location: ${location}\r\n${caching}`, reason };
  }
}

/** Rendered once: every client gets the same. */
function answerOf(
  { status, body, headers }: NonNullable<RouteConfig['respond']>,
  label: string,
): PolicyAnswer {
  let lines = '';
  let type: string | undefined;
  for (const [name, value] of Object.entries(headers)) {
    // What is not ASCII is sent as UTF-8.
    const sent = Buffer.from(value, 'utf8').toString('latin1');
    if (name.toLowerCase() === 'content-type') type = sent;
    else lines += `${name}: ${sent}\r\n`;
  }
  const answer = { status, lines, body: Buffer.from(body, 'utf8'), reason: `answer of ${label}` };
  return type === undefined ? answer : { ...answer, type };
}

function prefixLength(path: RouteConfig['match']['path']): number {
  if (path === undefined) return 0;
  if (typeof path === 'string') return withoutEndingSlash(path).length;
  return 'exact' in path ? Number.POSITIVE_INFINITY : 0;
}
