// Rate limits of a frontend or route: what a user writes, and what it expands to.
import type { z } from 'zod';
import type { Protocol, RateLimitConfig } from './config.js';
import { filled } from './filled.js';
import { cookieName, headerName } from './http-leaf.js';
import { type Duration, duration, flag, integer, milliseconds } from './leaf.js';
import { expandStore, type OutsideStoreSpec, storeShape } from './outside-store.js';
import { isHttp } from './protocol.js';
import { either, list, type ObjectOf, object, oneOf, optional, required } from './shape.js';

/** Whose requests are counted together. */
export type RateLimitKey =
  | 'source-ip'
  | 'frontend'
  | { readonly header: string }
  | { readonly cookie: string };

/**
 * So many requests in such a time; on tcp and udp, so many new connections or sessions.
 * @example { requests: 100, window: '60s' }
 */
export interface RateLimitSpec extends OutsideStoreSpec {
  /** Requests per window, at least 1. */
  readonly requests: number;
  readonly window: Duration;
  /** Who counts together; a request without the header or cookie is not limited. tcp, udp: source-ip or frontend. @defaultValue 'source-ip' */
  readonly key?: RateLimitKey;
  /** `deny` answers `status`, `delay` waits, `close` cuts the connection. @defaultValue 'deny' */
  readonly action?: 'deny' | 'delay' | 'close';
  /** sliding, deny and close: whether denied requests count. @defaultValue true */
  readonly countDenied?: boolean;
  /** @defaultValue 'sliding' */
  readonly algorithm?: 'sliding' | 'gcra';
  /** http, deny and delay: status of a denial, 400-599. @defaultValue 429 */
  readonly status?: number;
  /** gcra: requests at once. @defaultValue `requests` */
  readonly burst?: number;
  /** source-ip: bits of an IPv6 address that count as one client, 1-128. @defaultValue 64 */
  readonly ipv6Prefix?: number;
  /** Keys remembered at most in memory; past it the one unused for longest is forgotten. @defaultValue 100000 */
  readonly maxKeys?: number;
  /** delay: a request that would wait longer is denied. @defaultValue 1s */
  readonly maxDelay?: Duration;
  /** delay: requests waiting at most. @defaultValue 1000 */
  readonly maxQueued?: number;
  /** What happens when the store fails. @defaultValue 'allow' */
  readonly onStoreError?: 'allow' | 'deny';
}

const key: z.ZodType<RateLimitKey> = either<RateLimitKey>(
  'source-ip, frontend, {header} or {cookie}',
  oneOf('source-ip', 'frontend'),
  object<{ readonly header: string }>({ header: required(headerName, 'A request header.') }),
  object<{ readonly cookie: string }>({ cookie: required(cookieName, 'A cookie.') }),
);

/** One limit. */
export const rateLimitItemSchema: ObjectOf<RateLimitSpec> = object<RateLimitSpec>(
  {
    requests: required(
      integer(1),
      'Requests per window; on tcp and udp new connections or sessions.',
    ),
    window: required(duration(), 'Length of the window.'),
    key: optional(key, 'Whose requests are counted together. Default source-ip.'),
    action: optional(oneOf('deny', 'delay', 'close'), 'Default deny.'),
    countDenied: optional(flag, 'sliding: whether denied requests count. Default true.'),
    algorithm: optional(oneOf('sliding', 'gcra'), 'Default sliding.'),
    status: optional(integer(400, 599), 'http: status of a denial. Default 429.'),
    burst: optional(integer(1), 'gcra: requests at once. Default: requests.'),
    ipv6Prefix: optional(
      integer(1, 128),
      'source-ip: bits of an IPv6 address that count. Default 64.',
    ),
    maxKeys: optional(integer(1), 'Keys remembered at most. Default 100000.'),
    maxDelay: optional(duration(), 'delay: longest wait. Default 1s.'),
    maxQueued: optional(integer(0), 'delay: requests waiting at most. Default 1000.'),
    onStoreError: optional(oneOf('allow', 'deny'), 'Default allow.'),
    ...storeShape,
  },
  { id: 'RateLimit', description: 'So many requests in such a time.' },
);

/** One limit or a list of them. */
export const rateLimitSchema: z.ZodType<RateLimitSpec | readonly RateLimitSpec[]> = either<
  RateLimitSpec | readonly RateLimitSpec[]
>('a rate limit or a list of them', rateLimitItemSchema, list(rateLimitItemSchema, 'rate limit'));

/** Writes limits out: always a list, of what means something under that protocol. */
export function expandRateLimits(
  spec: RateLimitSpec | readonly RateLimitSpec[],
  protocol: Protocol,
): readonly RateLimitConfig[] {
  const limits: readonly RateLimitSpec[] = Array.isArray(spec) ? spec : [spec];
  return limits.map((limit) => expandRateLimit(limit, protocol));
}

/** Writes one limit out. */
export function expandRateLimit(spec: RateLimitSpec, protocol: Protocol): RateLimitConfig {
  const { key = 'source-ip', action = 'deny', algorithm = 'sliding' } = spec;
  const isSliding = algorithm === 'sliding';
  const isDelay = action === 'delay';
  return filled<RateLimitConfig>({
    requests: spec.requests,
    window: Math.round(milliseconds(spec.window)),
    key: expandKey(key),
    action,
    countDenied: isSliding && !isDelay ? (spec.countDenied ?? true) : undefined,
    algorithm,
    status: isHttp(protocol) && action !== 'close' ? (spec.status ?? 429) : undefined,
    burst: isSliding ? undefined : (spec.burst ?? spec.requests),
    ipv6Prefix: key === 'source-ip' ? (spec.ipv6Prefix ?? 64) : undefined,
    maxKeys: spec.maxKeys ?? 100_000,
    maxDelay: isDelay ? milliseconds(spec.maxDelay ?? 1000) : undefined,
    maxQueued: isDelay ? (spec.maxQueued ?? 1000) : undefined,
    onStoreError: spec.onStoreError ?? 'allow',
    ...expandStore(spec),
  });
}

function expandKey(key: RateLimitKey): RateLimitKey {
  return typeof key === 'object' && 'header' in key ? { header: key.header.toLowerCase() } : key;
}
