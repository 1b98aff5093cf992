// What a route expands to.
import { canonicalIPv6 } from '../core/address.js';
import type { MatchConfig, Protocol, RouteConfig } from './config.js';
import { filled } from './filled.js';
import { expandHeaders } from './headers.js';
import { milliseconds } from './leaf.js';
import { expandRateLimits } from './rate-limit.js';
import { expandRetries } from './retries.js';
import type { MatchSpec, RouteSpec, RouteTimeoutsSpec } from './route.js';

/** Writes a route out; it was checked that it goes with the frontend's protocol. */
export function expandRoute(spec: RouteSpec, protocol: Protocol): RouteConfig {
  const { redirect, respond } = spec;
  return filled<RouteConfig>({
    match: expandMatch(spec.match),
    pool: spec.pool,
    split: spec.split,
    sticky: spec.split === undefined ? undefined : (spec.sticky ?? false),
    redirect: redirect && { to: redirect.to, status: redirect.status ?? 302 },
    respond: respond && {
      status: respond.status,
      body: respond.body ?? '',
      headers: respond.headers ?? {},
    },
    headers: spec.headers && expandHeaders(spec.headers),
    rateLimit: spec.rateLimit && expandRateLimits(spec.rateLimit, protocol),
    timeouts: spec.timeouts && expandTimeouts(spec.timeouts),
    rewritePath: spec.rewritePath,
    retries: spec.retries && expandRetries(spec.retries),
  });
}

function expandMatch(spec: MatchSpec): MatchConfig {
  return filled<MatchConfig>({
    host: toList(spec.host)?.map((host) => canonicalIPv6(host) ?? host.toLowerCase()),
    path: spec.path,
    method: toList(spec.method)?.map((method) => method.toUpperCase()),
    header: filledMap(spec.header),
    query: filledMap(spec.query),
    cookie: filledMap(spec.cookie),
    sni: toList(spec.sni)?.map(serverName),
    source: toList(spec.source),
  });
}

function expandTimeouts({ total, server }: RouteTimeoutsSpec): RouteConfig['timeouts'] {
  if (total === undefined && server === undefined) return undefined;
  return filled<NonNullable<RouteConfig['timeouts']>>({
    total: total === undefined ? undefined : milliseconds(total),
    server: server === undefined ? undefined : milliseconds(server),
  });
}

function toList(value: string | readonly string[] | undefined): readonly string[] | undefined {
  return typeof value === 'string' ? [value] : value;
}

/** As clients send it: without the dot of the root (RFC 6066 3). */
function serverName(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}

function filledMap(
  map: Readonly<Record<string, string>> | undefined,
): Readonly<Record<string, string>> | undefined {
  return map === undefined || Object.keys(map).length === 0 ? undefined : map;
}

/** The pools that a route may send to. */
export function poolsOfRoute({ pool, split }: RouteConfig): readonly string[] {
  const shares = split?.map((share) => share.pool) ?? [];
  return pool === undefined ? shares : [pool, ...shares];
}
