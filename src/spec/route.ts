// Routes of a frontend: what a user writes.
import type { z } from 'zod';
import { cidr, hostPattern, routeHost } from './address-leaf.js';
import type { PathMatchConfig, RedirectStatus, RewritePathConfig, ShareConfig } from './config.js';
import { type HeadersSpec, headersSchema } from './headers.js';
import { cookieName, headerName, headerValue, method } from './http-leaf.js';
import { anyText, type Duration, duration, flag, integer, leaf, reference } from './leaf.js';
import { type RateLimitSpec, rateLimitSchema } from './rate-limit.js';
import { redirectTarget } from './redirect-template.js';
import { type RetriesSpec, retriesSchema } from './retries.js';
import { routePath, routeRegex, writtenPath, writtenPiece } from './route-leaf.js';
import { either, list, mapOf, type ObjectOf, object, optional, required } from './shape.js';
import { expectedGot } from './wording.js';

/** A path: a prefix on segment borders, the exact path, or a regular expression that matches somewhere in it. */
export type PathMatchSpec = PathMatchConfig;

/** What a request or connection must be like; every field given must fit, `{}` fits everything. */
export interface MatchSpec {
  /** http: exact names, `*.example.com` (one label or more) or addresses, IPv6 as `[::1]`; case, port and how IPv6 is spelt do not matter. */
  readonly host?: string | readonly string[];
  /** http: `/v1` and `/v1/` match `/v1` and what is below it; case-sensitive, not decoded. */
  readonly path?: PathMatchSpec;
  /** http: one of these methods. */
  readonly method?: string | readonly string[];
  /** http: headers with exactly these values, in one line of that name at least. */
  readonly header?: Readonly<Record<string, string>>;
  /** http: parts of the query with exactly these values, not decoded; the first of that name counts. */
  readonly query?: Readonly<Record<string, string>>;
  /** http: cookies with exactly these values; the first of that name counts. */
  readonly cookie?: Readonly<Record<string, string>>;
  /** Source networks. */
  readonly source?: string | readonly string[];
  /** tcp: server names of the TLS ClientHello, exact or `*.example.com`. */
  readonly sni?: string | readonly string[];
}

/** Time limits of one route. */
export interface RouteTimeoutsSpec {
  /** Head of the request to end of the answer. @defaultValue the frontend's */
  readonly total?: Duration;
  /** Time to the head of the answer, then inactivity. @defaultValue the pool's */
  readonly server?: Duration;
}

/**
 * One rule of a frontend; the first that matches wins. Exactly one of `pool`, `split`, `redirect` and `respond`.
 * tcp and udp routes match `sni` (tcp) and `source`, and name a pool.
 * @example { match: { host: 'api.example.com', path: '/v1' }, pool: 'api' }
 */
export interface RouteSpec {
  readonly match: MatchSpec;
  /** Name of the pool that serves it. */
  readonly pool?: string;
  /** http: shares among pools, drawn for each request. */
  readonly split?: readonly ShareConfig[];
  /** http: a client stays with its share of `split`, by its address. @defaultValue false */
  readonly sticky?: boolean;
  /** http. `to` is a template: `https://{host}/new{rest}?{query}`. `status` is 302 unless given. */
  readonly redirect?: { readonly to: string; readonly status?: RedirectStatus };
  /** http: a fixed answer. */
  readonly respond?: {
    /** 200-599. */
    readonly status: number;
    /** UTF-8. @defaultValue none */
    readonly body?: string;
    /** @defaultValue `content-type: text/plain; charset=utf-8` */
    readonly headers?: Readonly<Record<string, string>>;
  };
  /** http: changes of headers, after the frontend's. */
  readonly headers?: HeadersSpec;
  /** http: rate limits of its own, besides those of the frontend; all must allow. @defaultValue none */
  readonly rateLimit?: RateLimitSpec | readonly RateLimitSpec[];
  /** http. */
  readonly timeouts?: RouteTimeoutsSpec;
  /** http: the path that members see; the query stays. In `to` of a `regex`, `$1` is what its first group matched. */
  readonly rewritePath?: RewritePathConfig;
  /** http; fields that are left out have the defaults of a pool's. @defaultValue the pool's */
  readonly retries?: RetriesSpec;
}

/** A text or a list of texts. */
function oneOrMore(item: z.ZodType<string>, what: string): z.ZodType<string | readonly string[]> {
  return either<string | readonly string[]>(
    `a ${what} or a list of them`,
    item,
    list(item, what, 1),
  );
}

const path: z.ZodType<PathMatchSpec> = either<PathMatchSpec>(
  'a path, {exact} or {regex}',
  routePath,
  object<{ readonly exact: string }>({ exact: required(routePath, 'The whole path.') }),
  object<{ readonly regex: string }>({
    regex: required(routeRegex, 'RE2 pattern that matches somewhere in the path.'),
  }),
);

const matchSchema: ObjectOf<MatchSpec> = object<MatchSpec>(
  {
    host: optional(oneOrMore(routeHost, 'host'), 'http: exact host, *.example.com or [::1].'),
    path: optional(path, 'http: prefix on segment borders, {exact} or {regex}.'),
    method: optional(oneOrMore(method, 'method'), 'http: one of these methods.'),
    header: optional(mapOf(headerValue, headerName), 'http: headers with exactly these values.'),
    query: optional(mapOf(anyText), 'http: parts of the query with exactly these values.'),
    cookie: optional(mapOf(anyText, cookieName), 'http: cookies with exactly these values.'),
    source: optional(oneOrMore(cidr, 'network'), 'Source networks.'),
    sni: optional(oneOrMore(hostPattern, 'server name'), 'tcp: server names of the ClientHello.'),
  },
  {},
  'Match',
);

type Redirect = NonNullable<RouteSpec['redirect']>;
type Respond = NonNullable<RouteSpec['respond']>;
type PrefixRewrite = Extract<RewritePathConfig, { prefix: string }>;
type RegexRewrite = Extract<RewritePathConfig, { regex: string }>;

const redirectStatus: z.ZodType<RedirectStatus> = leaf(
  (value) =>
    typeof value === 'number' && [301, 302, 303, 307, 308].includes(value)
      ? undefined
      : expectedGot('301, 302, 303, 307 or 308', value),
  { enum: [301, 302, 303, 307, 308] },
);

const split: ObjectOf<ShareConfig> = object<ShareConfig>({
  pool: required(reference, 'A pool.'),
  weight: required(integer(0, 256), 'Its share, 0-256.'),
});

const redirect: ObjectOf<Redirect> = object<Redirect>({
  to: required(redirectTarget, 'Template of the new address.'),
  status: optional(redirectStatus, 'Default 302.'),
});

const respond: ObjectOf<Respond> = object<Respond>({
  status: required(integer(200, 599), 'Status of the answer.'),
  body: optional(anyText, 'Its body.'),
  headers: optional(mapOf(headerValue, headerName), 'Its headers.'),
});

const rewritePath: z.ZodType<RewritePathConfig> = either<RewritePathConfig>(
  'an object with prefix and to, or regex and to',
  object<PrefixRewrite>({
    prefix: required(routePath, 'Prefix that is replaced, on segment borders.'),
    to: required(writtenPath, 'The path that replaces it.'),
  }),
  object<RegexRewrite>({
    regex: required(routeRegex, 'RE2 pattern whose first match is replaced.'),
    to: required(writtenPiece, 'What replaces it; $1 for its first group.'),
  }),
);

export const routeSchema: ObjectOf<RouteSpec> = object<RouteSpec>(
  {
    match: required(matchSchema, 'What it must be like; {} fits everything.'),
    pool: optional(reference, 'The pool that serves it.'),
    split: optional(list(split, 'share', 1), 'http: shares among pools.'),
    sticky: optional(flag, 'http: a client stays with its share. Default false.'),
    redirect: optional(redirect, 'http: sends the client elsewhere.'),
    respond: optional(respond, 'http: a fixed answer.'),
    headers: optional(headersSchema, 'http: changes of headers.'),
    rateLimit: optional(rateLimitSchema, 'http: rate limits of its own. Default: none.'),
    timeouts: optional(
      object<RouteTimeoutsSpec>({
        total: optional(duration(), 'Head of the request to end of the answer.'),
        server: optional(duration(), 'Time to the head of the answer, then inactivity.'),
      }),
      'http: time limits.',
    ),
    rewritePath: optional(rewritePath, 'http: the path that members see.'),
    retries: optional(retriesSchema, 'http: further tries.'),
  },
  { id: 'Route', description: 'One rule of a frontend; the first that matches wins.' },
);
