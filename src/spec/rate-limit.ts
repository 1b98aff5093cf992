// Rate limits of a frontend or route: what a user writes. Checked in full; not carried out by this version.
import type { z } from 'zod';
import { cookieName, headerName } from './http-leaf.js';
import { type Duration, duration, flag, integer, text } from './leaf.js';
import { either, list, type ObjectOf, object, oneOf, optional, required } from './shape.js';

/** Whose requests are counted together. */
export type RateLimitKey =
  | 'source-ip'
  | 'frontend'
  | { readonly header: string }
  | { readonly cookie: string };

/**
 * So many requests in such a time.
 * @example { requests: 100, window: '60s' }
 */
export interface RateLimitSpec {
  /** Requests per window, at least 1. */
  readonly requests: number;
  readonly window: Duration;
  /** @defaultValue 'source-ip' */
  readonly key?: RateLimitKey;
  /** `deny` answers `status`, `delay` waits, `close` cuts the connection. @defaultValue 'deny' */
  readonly action?: 'deny' | 'delay' | 'close';
  /** Whether denied requests count. @defaultValue true */
  readonly countDenied?: boolean;
  /** @defaultValue 'sliding' */
  readonly algorithm?: 'sliding' | 'gcra';
  /** Status of a denial, 400-599. @defaultValue 429 */
  readonly status?: number;
  /** gcra: requests at once. @defaultValue `requests` */
  readonly burst?: number;
  /** Bits of an IPv6 address that count as one client, 1-128. @defaultValue 64 */
  readonly ipv6Prefix?: number;
  /** Clients remembered at most. @defaultValue 100000 */
  readonly maxKeys?: number;
  /** delay: a request that would wait longer is denied. @defaultValue 1s */
  readonly maxDelay?: Duration;
  /** delay: requests waiting at most. @defaultValue 1000 */
  readonly maxQueued?: number;
  /** What happens when the store fails. @defaultValue 'allow' */
  readonly onStoreError?: 'allow' | 'deny';
  /** `memory`, or the name of a store in the host's `extensions`. @defaultValue 'memory' */
  readonly store?: string;
}

const key: z.ZodType<RateLimitKey> = either<RateLimitKey>(
  'source-ip, frontend, {header} or {cookie}',
  oneOf('source-ip', 'frontend'),
  object<{ readonly header: string }>({ header: required(headerName, 'A request header.') }),
  object<{ readonly cookie: string }>({ cookie: required(cookieName, 'A cookie.') }),
);

const oneLimit: ObjectOf<RateLimitSpec> = object<RateLimitSpec>(
  {
    requests: required(integer(1), 'Requests per window.'),
    window: required(duration(), 'Length of the window.'),
    key: optional(key, 'Whose requests are counted together. Default source-ip.'),
    action: optional(oneOf('deny', 'delay', 'close'), 'Default deny.'),
    countDenied: optional(flag, 'Whether denied requests count. Default true.'),
    algorithm: optional(oneOf('sliding', 'gcra'), 'Default sliding.'),
    status: optional(integer(400, 599), 'Status of a denial. Default 429.'),
    burst: optional(integer(1), 'gcra: requests at once.'),
    ipv6Prefix: optional(integer(1, 128), 'Bits of an IPv6 address that count. Default 64.'),
    maxKeys: optional(integer(1), 'Clients remembered at most. Default 100000.'),
    maxDelay: optional(duration(), 'delay: longest wait. Default 1s.'),
    maxQueued: optional(integer(0), 'delay: requests waiting at most. Default 1000.'),
    onStoreError: optional(oneOf('allow', 'deny'), 'Default allow.'),
    store: optional(text, "memory, or a name in the host's extensions. Default memory."),
  },
  { id: 'RateLimit', description: 'So many requests in such a time.' },
);

/** One limit or a list of them. */
export const rateLimitSchema: z.ZodType<RateLimitSpec | readonly RateLimitSpec[]> = either<
  RateLimitSpec | readonly RateLimitSpec[]
>('a rate limit or a list of them', oneLimit, list(oneLimit, 'rate limit'));
