// What a frontend expands to.
import { parseHostPort, renderHostPort } from '../core/address.js';
import type { FrontendConfig, FrontendTimeouts, LimitsConfig } from './config.js';
import { filled } from './filled.js';
import type { FrontendSpec, FrontendTimeoutsSpec, LimitsSpec } from './frontend.js';
import {
  expandAccessLog,
  expandHttpFeatures,
  type FeatureSurroundings,
  NO_FEATURES,
} from './http-features-expansion.js';
import { bytes, type Duration, milliseconds } from './leaf.js';
import { isHttp } from './protocol.js';
import { expandRateLimits } from './rate-limit.js';
import { expandRoute } from './route-expansion.js';
import { expandTls } from './tls-expansion.js';

/** Fields that mean something on http frontends only; an expanded tcp or udp frontend has exactly these values. */
export const HTTP_ONLY_DEFAULTS: Pick<
  FrontendConfig,
  'forwarded' | 'upgrades' | 'methods' | 'limits'
> = {
  forwarded: { mode: 'none', trust: [] },
  upgrades: [],
  methods: { connect: false, trace: false },
  limits: { headerBytes: 16_384, headers: 100 },
};

/** What a frontend needs to know of its surroundings to be written out. */
export interface FrontendSurroundings extends FeatureSurroundings {
  /** Milliseconds. */
  readonly drainTimeout: number;
}

/** Writes a frontend out. */
export function expandFrontend(
  spec: FrontendSpec,
  surroundings: FrontendSurroundings,
): FrontendConfig {
  return filled<FrontendConfig>({
    name: spec.name,
    protocol: spec.protocol,
    bind: (typeof spec.bind === 'string' ? [spec.bind] : spec.bind).map(canonicalAddress),
    pool: spec.pool,
    routes: (spec.routes ?? []).map((route) => expandRoute(route, spec.protocol)),
    tls: spec.tls && expandTls(spec.tls, spec.protocol, surroundings.resolvePath),
    access: spec.access && { allow: spec.access.allow ?? [], deny: spec.access.deny ?? [] },
    acceptProxyProtocol: spec.acceptProxyProtocol,
    ...(isHttp(spec.protocol) ? expandHttp(spec) : HTTP_ONLY_DEFAULTS),
    ...(isHttp(spec.protocol) ? expandHttpFeatures(spec, surroundings) : NO_FEATURES),
    accessLog: expandAccessLog(spec.accessLog),
    rateLimit: spec.rateLimit && expandRateLimits(spec.rateLimit, spec.protocol),
    maxConnections: spec.maxConnections ?? 20_000,
    maxConnectionsPerSource: spec.maxConnectionsPerSource,
    timeouts: expandTimeouts(spec.timeouts),
    drain: { timeout: milliseconds(spec.drain?.timeout ?? surroundings.drainTimeout) },
  });
}

function expandHttp(spec: FrontendSpec): typeof HTTP_ONLY_DEFAULTS {
  return {
    forwarded: {
      mode: spec.forwarded?.mode ?? 'x-forwarded',
      trust: spec.forwarded?.trust ?? [],
    },
    upgrades: (spec.upgrades ?? ['websocket']).map((protocol) => protocol.toLowerCase()),
    methods: { connect: spec.methods?.connect ?? false, trace: spec.methods?.trace ?? false },
    limits: expandLimits(spec.limits),
  };
}

/** `10.0.0.1:080` -> `10.0.0.1:80`; a text that is no address stays. */
export function canonicalAddress(address: string): string {
  const parsed = parseHostPort(address);
  return parsed === undefined ? address : renderHostPort(parsed);
}

function expandLimits(spec: LimitsSpec = {}): LimitsConfig {
  return filled<LimitsConfig>({
    headerBytes: bytes(spec.headerBytes ?? 16_384),
    headers: spec.headers ?? 100,
    bodyBytes: spec.bodyBytes === undefined ? undefined : bytes(spec.bodyBytes),
    requestsPerConnection: spec.requestsPerConnection,
  });
}

function ms(value: Duration | undefined, fallback: number): number {
  return milliseconds(value ?? fallback);
}

/** What a timeout is unless given, ms. An expanded frontend has all of them, also those that its protocol does not know. */
export const TIMEOUT_DEFAULTS: Omit<FrontendTimeouts, 'total'> = {
  requestHead: 10_000,
  client: 50_000,
  keepAlive: 75_000,
  tunnel: 3_600_000,
  tlsHandshake: 10_000,
  clientHello: 5000,
  udpSession: 60_000,
};

function expandTimeouts(spec: FrontendTimeoutsSpec = {}): FrontendTimeouts {
  return filled<FrontendTimeouts>({
    requestHead: ms(spec.requestHead, TIMEOUT_DEFAULTS.requestHead),
    client: ms(spec.client, TIMEOUT_DEFAULTS.client),
    keepAlive: ms(spec.keepAlive, TIMEOUT_DEFAULTS.keepAlive),
    tunnel: ms(spec.tunnel, TIMEOUT_DEFAULTS.tunnel),
    tlsHandshake: ms(spec.tlsHandshake, TIMEOUT_DEFAULTS.tlsHandshake),
    clientHello: ms(spec.clientHello, TIMEOUT_DEFAULTS.clientHello),
    udpSession: ms(spec.udpSession, TIMEOUT_DEFAULTS.udpSession),
    total: spec.total === undefined ? undefined : milliseconds(spec.total),
  });
}
