// Stickiness of a pool: what a user writes, and what it expands to.
import type { z } from 'zod';
import { hostName } from './address-leaf.js';
import type { CookieStickyConfig, StickyConfig, StickyTableConfig } from './config.js';
import { filled } from './filled.js';
import { cookieName, headerName, urlPath } from './http-leaf.js';
import { type Duration, duration, flag, integer, milliseconds, variable } from './leaf.js';
import { expandStore, type OutsideStoreSpec, storeShape } from './outside-store.js';
import { object, oneOf, optional, required, tagged } from './shape.js';

/** A cookie names the member. */
export interface CookieStickySpec {
  readonly mode: 'cookie';
  /** The cookie's name. @defaultValue 'SERVERID' */
  readonly cookie?: string;
  /**
   * `insert` a cookie of our own, which members never see; `rewrite` the value of the member's cookie;
   * or `prefix` it (`web-1~value`), taken off again on its way to members.
   * @defaultValue 'insert'
   */
  readonly cookieMode?: 'insert' | 'rewrite' | 'prefix';
  /** Only over TLS; insert. @defaultValue false */
  readonly secure?: boolean;
  /** Not for scripts; insert. @defaultValue false */
  readonly httpOnly?: boolean;
  /** `None` needs `secure`; insert. @defaultValue unset */
  readonly sameSite?: 'Strict' | 'Lax' | 'None';
  /** A client that stays away longer is free again, at least 1s, exact to 4 s; insert. @defaultValue none */
  readonly maxIdle?: Duration;
  /** A client is free again after this time, at least 1s, exact to 4 s; insert. @defaultValue none */
  readonly maxLife?: Duration;
  /** A name that all hosts below share; not a public suffix; insert. @defaultValue the host that was asked */
  readonly domain?: string;
  /** Insert. @defaultValue '/' */
  readonly path?: string;
  /** Hides the member's name behind an id that only `secretEnv` can make. @defaultValue false */
  readonly opaque?: boolean;
  /** Environment variable with the key of opaque values; needed with `opaque`. */
  readonly secretEnv?: string;
}

/** Bounds and place of remembered clients. */
export interface StickyTableSpec extends OutsideStoreSpec {
  /** An entry unused for this long is forgotten. @defaultValue 30m */
  readonly ttl?: Duration;
  /** Entries kept at most, 1 to 10 million; the oldest go first. A store of the host's has its own bound. @defaultValue 100000 */
  readonly size?: number;
}

/** The client's address is remembered. */
export interface SourceIpStickySpec extends StickyTableSpec {
  readonly mode: 'source-ip';
}

/** A request header's value is remembered. */
export interface HeaderStickySpec extends StickyTableSpec {
  readonly mode: 'header';
  readonly header: string;
}

/** How clients stay with their member. */
export type StickySpec = CookieStickySpec | SourceIpStickySpec | HeaderStickySpec;

/** Dates in cookies count seconds. */
const dateLimit: z.ZodType<Duration> = duration({ min: 1000, max: Number.MAX_SAFE_INTEGER });

const tableShape = {
  ttl: optional(duration(), 'An entry unused for this long is forgotten. Default 30m.'),
  size: optional(integer(1, 10_000_000), 'Entries kept at most. Default 100000.'),
  ...storeShape,
};

export const stickySchema: z.ZodType<StickySpec> = tagged<StickySpec>(
  'mode',
  object<CookieStickySpec>({
    mode: required(oneOf('cookie'), 'A cookie names the member.'),
    cookie: optional(cookieName, "The cookie's name. Default SERVERID."),
    cookieMode: optional(oneOf('insert', 'rewrite', 'prefix'), 'Default insert.'),
    secure: optional(flag, 'Sets the flag Secure. Default false.'),
    httpOnly: optional(flag, 'Sets the flag HttpOnly. Default false.'),
    sameSite: optional(oneOf('Strict', 'Lax', 'None'), 'Sets SameSite.'),
    maxIdle: optional(dateLimit, 'A client that stays away longer is free again.'),
    maxLife: optional(dateLimit, 'A client is free again after this time.'),
    domain: optional(hostName, 'Sets Domain.'),
    path: optional(urlPath, 'Sets Path. Default /.'),
    opaque: optional(flag, "Hides the member's name. Default false."),
    secretEnv: optional(variable, 'Environment variable with the key of opaque values.'),
  }),
  object<SourceIpStickySpec>({
    mode: required(oneOf('source-ip'), "The client's address is remembered."),
    ...tableShape,
  }),
  object<HeaderStickySpec>({
    mode: required(oneOf('header'), "A request header's value is remembered."),
    header: required(headerName, "The header's name."),
    ...tableShape,
  }),
);

/** Writes stickiness out. */
export function expandSticky(spec: StickySpec): StickyConfig {
  if (spec.mode === 'cookie') return expandCookie(spec);
  const table = filled<StickyTableConfig>({
    ttl: milliseconds(spec.ttl ?? 1_800_000),
    size: spec.size ?? 100_000,
    ...expandStore(spec),
  });
  return spec.mode === 'header'
    ? { mode: 'header', header: spec.header, ...table }
    : { mode: 'source-ip', ...table };
}

function expandCookie(spec: CookieStickySpec): CookieStickyConfig {
  const { maxIdle, maxLife } = spec;
  return filled<CookieStickyConfig>({
    mode: 'cookie',
    cookie: spec.cookie ?? 'SERVERID',
    cookieMode: spec.cookieMode ?? 'insert',
    secure: spec.secure ?? false,
    httpOnly: spec.httpOnly ?? false,
    sameSite: spec.sameSite,
    maxIdle: maxIdle === undefined ? undefined : milliseconds(maxIdle),
    maxLife: maxLife === undefined ? undefined : milliseconds(maxLife),
    domain: spec.domain,
    path: spec.path ?? '/',
    opaque: spec.opaque ?? false,
    secretEnv: spec.secretEnv,
  });
}
