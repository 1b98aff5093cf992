// Routes of a frontend: what a user writes, and what a tcp route expands to.
import type { z } from 'zod';
import { cidr, hostPattern } from './address-leaf.js';
import type { RouteConfig } from './config.js';
import { filled } from './filled.js';
import { type HeadersSpec, headersSchema } from './headers.js';
import { headerName, headerValue, method, urlPath } from './http-leaf.js';
import {
  anyText,
  type Duration,
  duration,
  flag,
  integer,
  leaf,
  reference,
  regex,
  text,
} from './leaf.js';
import { type RateLimitSpec, rateLimitSchema } from './rate-limit.js';
import { type RetriesSpec, retriesSchema } from './retries.js';
import { either, list, mapOf, type ObjectOf, object, optional, required } from './shape.js';
import { expectedGot } from './wording.js';

/** A path: a prefix on segment borders, the exact path, or a regular expression. */
export type PathMatchSpec = string | { readonly exact: string } | { readonly regex: string };

/** What a request or connection must be like; every field given must fit, `{}` fits everything. */
export interface MatchSpec {
  /** http: exact host or `*.example.com`. */
  readonly host?: string | readonly string[];
  /** http. */
  readonly path?: PathMatchSpec;
  /** http: one of these methods. */
  readonly method?: string | readonly string[];
  /** http: headers with exactly these values. */
  readonly header?: Readonly<Record<string, string>>;
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
 * tcp routes match `sni` and `source` and name a pool; http routes are not carried out by this version.
 * @example { match: { sni: 'db.example.com' }, pool: 'db' }
 */
export interface RouteSpec {
  readonly match: MatchSpec;
  /** Name of the pool that serves it. */
  readonly pool?: string;
  /** http: shares among pools. */
  readonly split?: readonly { readonly pool: string; readonly weight: number }[];
  /** http: whether a client stays with its share of `split`. @defaultValue false */
  readonly sticky?: boolean;
  /** http. `to` is a template with {host} {path} {rest} {query}. */
  readonly redirect?: { readonly to: string; readonly status?: 301 | 302 | 303 | 307 | 308 };
  /** http: a fixed answer. */
  readonly respond?: {
    readonly status: number;
    readonly body?: string;
    readonly headers?: Readonly<Record<string, string>>;
  };
  /** http. */
  readonly headers?: HeadersSpec;
  /** http. */
  readonly rateLimit?: RateLimitSpec | readonly RateLimitSpec[];
  /** http. */
  readonly timeouts?: RouteTimeoutsSpec;
  /** http: the path that members see. */
  readonly rewritePath?:
    | { readonly prefix: string; readonly to: string }
    | { readonly regex: string; readonly to: string };
  /** http. @defaultValue the pool's */
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
  urlPath,
  object<{ readonly exact: string }>({ exact: required(urlPath, 'The whole path.') }),
  object<{ readonly regex: string }>({ regex: required(regex, 'Pattern of the path.') }),
);

const matchSchema: ObjectOf<MatchSpec> = object<MatchSpec>({
  host: optional(oneOrMore(hostPattern, 'host'), 'http: exact host or *.example.com.'),
  path: optional(path, 'http: prefix on segment borders, {exact} or {regex}.'),
  method: optional(oneOrMore(method, 'method'), 'http: one of these methods.'),
  header: optional(mapOf(headerValue, headerName), 'http: headers with exactly these values.'),
  source: optional(oneOrMore(cidr, 'network'), 'Source networks.'),
  sni: optional(oneOrMore(hostPattern, 'server name'), 'tcp: server names of the ClientHello.'),
});

type Split = NonNullable<RouteSpec['split']>[number];
type Redirect = NonNullable<RouteSpec['redirect']>;
type Respond = NonNullable<RouteSpec['respond']>;
type Rewrite = NonNullable<RouteSpec['rewritePath']>;
type PrefixRewrite = Extract<Rewrite, { prefix: string }>;
type RegexRewrite = Extract<Rewrite, { regex: string }>;

const redirectStatus: z.ZodType<301 | 302 | 303 | 307 | 308> = leaf(
  (value) =>
    typeof value === 'number' && [301, 302, 303, 307, 308].includes(value)
      ? undefined
      : expectedGot('301, 302, 303, 307 or 308', value),
  { enum: [301, 302, 303, 307, 308] },
);

const split: ObjectOf<Split> = object<Split>({
  pool: required(reference, 'A pool.'),
  weight: required(integer(0, 256), 'Its share, 0-256.'),
});

const redirect: ObjectOf<Redirect> = object<Redirect>({
  to: required(text, 'Template of the new address.'),
  status: optional(redirectStatus, 'Default 302.'),
});

const respond: ObjectOf<Respond> = object<Respond>({
  status: required(integer(200, 599), 'Status of the answer.'),
  body: optional(anyText, 'Its body.'),
  headers: optional(mapOf(headerValue, headerName), 'Its headers.'),
});

const rewritePath: z.ZodType<Rewrite> = either<Rewrite>(
  'an object with prefix and to, or regex and to',
  object<PrefixRewrite>({
    prefix: required(urlPath, 'Prefix that is replaced.'),
    to: required(anyText, 'What replaces it.'),
  }),
  object<RegexRewrite>({
    regex: required(regex, 'Pattern that is replaced.'),
    to: required(anyText, 'What replaces it.'),
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
    rateLimit: optional(rateLimitSchema, 'http: rate limits.'),
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

function toList(value: string | readonly string[] | undefined): readonly string[] | undefined {
  return typeof value === 'string' ? [value] : value;
}

/** Writes a tcp route out; it was checked that it has a pool. */
export function expandRoute(spec: RouteSpec): RouteConfig {
  return {
    match: filled<RouteConfig['match']>({
      sni: toList(spec.match.sni)?.map((name) => name.toLowerCase()),
      source: toList(spec.match.source),
    }),
    pool: spec.pool ?? '',
  };
}
