// The one-service form, as a small team or a REST call writes it: what may be written. service-expansion.ts writes it out.

import { hostPattern, memberAddress } from './address-leaf.js';
import type { Protocol } from './config.js';
import { healthShape, type MonitorSpec, shorthand } from './health.js';
import { cookieName, headerName } from './http-leaf.js';
import { anyText, flag, integer, name } from './leaf.js';
import { PROTOCOLS } from './protocol.js';
import { type RateLimitSpec, rateLimitSchema } from './rate-limit.js';
import { either, list, mapOf, type ObjectOf, object, oneOf, optional, required } from './shape.js';
import { type StrategySpec, strategySchema } from './strategy.js';

/** One server of a service. */
export interface BackendSpec {
  /** `host:port`. */
  readonly target: string;
  /** 0-256. @defaultValue 1 */
  readonly weight?: number;
  /** @defaultValue false */
  readonly backup?: boolean;
}

/** The check of a service: a monitor without a name, whose `type` may be left out. */
export type ServiceHealthSpec = Omit<MonitorSpec, 'name' | 'type'> & {
  /** @defaultValue http for http and https services and where a path is given, else that of the service */
  readonly type?: MonitorSpec['type'];
};

/** How clients of a service stay with their backend. */
export interface ServiceStickySpec {
  readonly mode: 'cookie' | 'source-ip' | 'header';
  /** cookie. @defaultValue 'SERVERID' */
  readonly cookieName?: string;
  /** header: its name. */
  readonly header?: string;
}

/** TLS of a service: https with an automatic certificate. */
export interface ServiceTlsSpec {
  /** Name of the certificate. */
  readonly domain: string;
  /** Certificates are always renewed; only `true` may be said. @defaultValue true */
  readonly autoRenew?: boolean;
}

/**
 * One service on one port: a frontend, a pool and a check in one flat object.
 * @example { name: 'web-lb', type: 'http', port: 80, backends: [{ target: 'web-1:8080' }], healthCheck: { path: '/health' } }
 */
export interface ServiceSpec {
  /** @defaultValue 'balancer' */
  readonly name?: string;
  readonly description?: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** The network it belongs to; becomes the label `vpc`. */
  readonly vpc?: string;
  /** @defaultValue 'http' */
  readonly type?: Protocol;
  /** 0-65535, 0 = any free one. @defaultValue 80 for http, 443 for https */
  readonly port?: number;
  /** https on :443 with an automatic certificate, http redirects; not carried out by this version. */
  readonly tls?: ServiceTlsSpec;
  readonly backends: readonly (string | BackendSpec)[];
  /** @defaultValue 'round-robin' */
  readonly strategy?: StrategySpec;
  /** A check, or its short form (`"http:/health:5s"`). @defaultValue none */
  readonly healthCheck?: string | ServiceHealthSpec;
  /** Clients stay with their backend. @defaultValue off */
  readonly sticky?: ServiceStickySpec;
  /** @defaultValue off */
  readonly rateLimit?: RateLimitSpec | readonly RateLimitSpec[];
}

const backend: ObjectOf<BackendSpec> = object<BackendSpec>({
  target: required(memberAddress, 'host:port.'),
  weight: optional(integer(0, 256), 'Share of the load. Default 1.'),
  backup: optional(flag, 'Serves only when no ordinary one can. Default false.'),
});

const healthCheck: ObjectOf<ServiceHealthSpec> = object<ServiceHealthSpec>({
  ...healthShape,
  type: optional(healthShape.type, 'Kind of check. Default: that of the service.'),
});

const sticky: ObjectOf<ServiceStickySpec> = object<ServiceStickySpec>({
  mode: required(oneOf('cookie', 'source-ip', 'header'), 'How clients stay with their member.'),
  cookieName: optional(cookieName, 'Default SERVERID.'),
  header: optional(headerName, "The header's name."),
});

export const serviceSchema: ObjectOf<ServiceSpec> = object<ServiceSpec>(
  {
    name: optional(name, 'Of the balancer, its frontend and its pool. Default balancer.'),
    description: optional(anyText, 'For people.'),
    labels: optional(mapOf(anyText), 'Free notes.'),
    vpc: optional(anyText, 'The network it belongs to; becomes the label vpc.'),
    type: optional(oneOf(...PROTOCOLS), 'Default http.'),
    port: optional(integer(0, 65_535), 'Default 80 for http, 443 for https.'),
    tls: optional(
      object<ServiceTlsSpec>({
        domain: required(hostPattern, 'Name of the certificate.'),
        autoRenew: optional(flag, 'Default true.'),
      }),
      'https with an automatic certificate. Not supported yet.',
    ),
    backends: required(
      list(
        either<string | BackendSpec>(
          'an address or an object with a target',
          memberAddress,
          backend,
        ),
        'backend',
      ),
      'The servers.',
    ),
    strategy: optional(strategySchema, 'Default round-robin.'),
    healthCheck: optional(
      either<string | ServiceHealthSpec>(
        '"http:/health:5s", "tcp:5s", "none" or an object',
        shorthand,
        healthCheck,
      ),
      'Active checks. Default none.',
    ),
    sticky: optional(sticky, 'How clients stay with their backend. Default off.'),
    rateLimit: optional(rateLimitSchema, 'Rate limits. Default: none.'),
  },
  { id: 'Service', description: 'One service on one port, written flat.' },
);
