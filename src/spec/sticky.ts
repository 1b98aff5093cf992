// Stickiness of a pool: what a user writes. Checked in full; not carried out by this version.
import type { z } from 'zod';
import { hostName } from './address-leaf.js';
import { cookieName, headerName, urlPath } from './http-leaf.js';
import { age, type Duration, duration, flag, integer, variable } from './leaf.js';
import { object, oneOf, optional, required, tagged } from './shape.js';

/** A cookie names the member. */
export interface CookieStickySpec {
  readonly mode: 'cookie';
  /** The cookie's name. @defaultValue 'SERVERID' */
  readonly cookie?: string;
  /** `insert` a cookie of our own, `rewrite` the member's, or `prefix` its value. @defaultValue 'insert' */
  readonly cookieMode?: 'insert' | 'rewrite' | 'prefix';
  /** @defaultValue unset */
  readonly secure?: boolean;
  /** @defaultValue unset */
  readonly httpOnly?: boolean;
  /** @defaultValue unset */
  readonly sameSite?: 'Strict' | 'Lax' | 'None';
  /** A client that stays away longer is free again. @defaultValue none */
  readonly maxIdle?: Duration;
  /** A client is free again after this time. @defaultValue none */
  readonly maxLife?: Duration;
  /** @defaultValue unset */
  readonly domain?: string;
  /** @defaultValue '/' */
  readonly path?: string;
  /** Hides the member's name. @defaultValue false */
  readonly opaque?: boolean;
  /** Environment variable with the key of opaque values. */
  readonly secretEnv?: string;
}

/** The client's address is remembered. */
export interface SourceIpStickySpec {
  readonly mode: 'source-ip';
  /** An entry unused for this long is forgotten. @defaultValue 30m */
  readonly ttl?: Duration;
  /** Entries kept at most. @defaultValue 100000 */
  readonly size?: number;
}

/** A request header's value is remembered. */
export interface HeaderStickySpec {
  readonly mode: 'header';
  readonly header: string;
  /** An entry unused for this long is forgotten. @defaultValue 30m */
  readonly ttl?: Duration;
  /** Entries kept at most. @defaultValue 100000 */
  readonly size?: number;
}

/** How clients stay with their member. */
export type StickySpec = CookieStickySpec | SourceIpStickySpec | HeaderStickySpec;

export const stickySchema: z.ZodType<StickySpec> = tagged<StickySpec>(
  'mode',
  object<CookieStickySpec>({
    mode: required(oneOf('cookie'), 'A cookie names the member.'),
    cookie: optional(cookieName, "The cookie's name. Default SERVERID."),
    cookieMode: optional(oneOf('insert', 'rewrite', 'prefix'), 'Default insert.'),
    secure: optional(flag, 'Sets the flag Secure.'),
    httpOnly: optional(flag, 'Sets the flag HttpOnly.'),
    sameSite: optional(oneOf('Strict', 'Lax', 'None'), 'Sets SameSite.'),
    maxIdle: optional(age, 'A client that stays away longer is free again.'),
    maxLife: optional(age, 'A client is free again after this time.'),
    domain: optional(hostName, 'Sets Domain.'),
    path: optional(urlPath, 'Sets Path. Default /.'),
    opaque: optional(flag, "Hides the member's name. Default false."),
    secretEnv: optional(variable, 'Environment variable with the key of opaque values.'),
  }),
  object<SourceIpStickySpec>({
    mode: required(oneOf('source-ip'), "The client's address is remembered."),
    ttl: optional(duration(), 'An entry unused for this long is forgotten. Default 30m.'),
    size: optional(integer(1), 'Entries kept at most. Default 100000.'),
  }),
  object<HeaderStickySpec>({
    mode: required(oneOf('header'), "A request header's value is remembered."),
    header: required(headerName, "The header's name."),
    ttl: optional(duration(), 'An entry unused for this long is forgotten. Default 30m.'),
    size: optional(integer(1), 'Entries kept at most. Default 100000.'),
  }),
);
