// A frontend: what a user writes.
import type { z } from 'zod';
import { bindAddress, cidr } from './address-leaf.js';
import type { Protocol } from './config.js';
import { type HeadersSpec, headersSchema } from './headers.js';
import {
  type BasicAuthSpec,
  basicAuthSchema,
  type CompressionSpec,
  compressionSchema,
  type HstsSpec,
  type Http2Spec,
  hstsSchema,
  http2Schema,
  type MaintenanceSpec,
  maintenanceSchema,
  type RequestIdSpec,
  requestIdSchema,
} from './http-features.js';
import {
  type Duration,
  duration,
  flag,
  integer,
  name,
  port,
  reference,
  type Size,
  size,
  text,
  textLeaf,
} from './leaf.js';
import { type DrainSpec, drainSchema } from './pool.js';
import { PROTOCOLS } from './protocol.js';
import { type RateLimitSpec, rateLimitSchema } from './rate-limit.js';
import { type RouteSpec, routeSchema } from './route.js';
import { either, list, mapOf, type ObjectOf, object, oneOf, optional, required } from './shape.js';
import { type TlsSpec, tlsSchema } from './tls.js';

/** Source networks that may or may not connect; deny wins. */
export interface AccessSpec {
  /** @defaultValue everyone */
  readonly allow?: readonly string[];
  /** @defaultValue none */
  readonly deny?: readonly string[];
}

/** How members learn about the client; http. */
export interface ForwardedSpec {
  /** @defaultValue 'x-forwarded' */
  readonly mode?: 'x-forwarded' | 'rfc7239' | 'both' | 'none';
  /** Peers whose own forwarded headers are kept. @defaultValue none */
  readonly trust?: readonly string[];
}

/** Bounds of one HTTP message and connection; http. */
export interface LimitsSpec {
  /** Request line and header block, at least 256 bytes. @defaultValue 16KiB */
  readonly headerBytes?: Size;
  /** Header lines, at least 1. @defaultValue 100 */
  readonly headers?: number;
  /** Body. @defaultValue none */
  readonly bodyBytes?: Size;
  /** Requests on one client connection. @defaultValue none */
  readonly requestsPerConnection?: number;
}

/** Time limits towards clients. */
export interface FrontendTimeoutsSpec {
  /** http: the whole request head. @defaultValue 10s */
  readonly requestHead?: Duration;
  /** Inactivity of a client. @defaultValue 50s */
  readonly client?: Duration;
  /** http: idle between two requests. @defaultValue 75s */
  readonly keepAlive?: Duration;
  /** Inactivity of an upgraded connection. @defaultValue 1h */
  readonly tunnel?: Duration;
  /** https, and tcp with tls. @defaultValue 10s */
  readonly tlsHandshake?: Duration;
  /** tcp with sni routes: the whole ClientHello. @defaultValue 5s */
  readonly clientHello?: Duration;
  /** udp: inactivity of a session. @defaultValue 60s */
  readonly udpSession?: Duration;
  /** http: head of the request to end of the answer, retries included. @defaultValue none */
  readonly total?: Duration;
}

/** Forms of an access log. */
export type AccessLogFormat = 'none' | 'json' | 'haproxy';

/**
 * One entrance: a protocol on one or more addresses.
 * @example { name: 'public', protocol: 'http', bind: [':80'], pool: 'web' }
 */
export interface FrontendSpec {
  /** Unique among the frontends. */
  readonly name: string;
  readonly protocol: Protocol;
  /** Addresses to listen on: `":80"`, `"10.0.0.1:8080"`, `"[::1]:8080"`; port 0 = any free one. */
  readonly bind: string | readonly string[];
  /** Default pool; http without one answers 404. */
  readonly pool?: string;
  /** First match wins; tcp only in this version. @defaultValue none */
  readonly routes?: readonly RouteSpec[];
  /** Needed on https; on tcp it ends here too, and members get the bytes in the clear. */
  readonly tls?: TlsSpec;
  /** http: 308 to the port of the https frontend of the same spec, or to the one given. @defaultValue false */
  readonly redirectToHttps?: boolean | { readonly port: number };
  /** https: Strict-Transport-Security on every answer. @defaultValue off */
  readonly hsts?: HstsSpec;
  readonly forwarded?: ForwardedSpec;
  /** Peers whose PROXY header (v1, v2) is believed; everybody else is closed. Not on udp. @defaultValue off */
  readonly acceptProxyProtocol?: { readonly trust: readonly string[] };
  readonly access?: AccessSpec;
  /** http: names and passwords of a file. @defaultValue off */
  readonly basicAuth?: BasicAuthSpec;
  /** http: changes of headers on the way. @defaultValue none */
  readonly headers?: HeadersSpec;
  /** Requests (http), new connections (tcp) or new sessions (udp) in a time; one limit or several. @defaultValue off */
  readonly rateLimit?: RateLimitSpec | readonly RateLimitSpec[];
  /** http: compression of members' answers. @defaultValue off */
  readonly compression?: CompressionSpec;
  /** Connections (udp: sessions) at once; later ones wait unread. Never above the descriptor limit less 200. @defaultValue 20000 */
  readonly maxConnections?: number;
  /** The same for one source address. @defaultValue none */
  readonly maxConnectionsPerSource?: number;
  readonly limits?: LimitsSpec;
  readonly timeouts?: FrontendTimeoutsSpec;
  /** tcp, http: a line for each connection or request. @defaultValue 'none' */
  readonly accessLog?: AccessLogFormat | { readonly format: AccessLogFormat };
  /** http: a file per status (400-599) for the balancer's own answers, relative to the spec file. @defaultValue plain text */
  readonly errorPages?: Readonly<Record<string, string>>;
  /** http: an id for every request. @defaultValue off */
  readonly requestId?: RequestIdSpec;
  /** http: protocols that `Upgrade` may ask for. @defaultValue `[websocket]` */
  readonly upgrades?: readonly string[];
  /** http: methods that are refused with 405 unless allowed. @defaultValue `{ connect: false, trace: false }` */
  readonly methods?: { readonly connect?: boolean; readonly trace?: boolean };
  /** HTTP/2: over TLS `tls.alpn` offers it, in the clear this does. @defaultValue `{ cleartext: false, maxConcurrentStreams: 100 }` */
  readonly http2?: Http2Spec;
  /** http: a fixed answer for everybody. @defaultValue off */
  readonly maintenance?: MaintenanceSpec;
  /** Deadline of a drain. @defaultValue the balancer's */
  readonly drain?: DrainSpec;
}

type Of<K extends keyof FrontendSpec> = NonNullable<FrontendSpec[K]>;
type HttpsPort = Exclude<Of<'redirectToHttps'>, boolean>;
type AccessLogObject = Exclude<Of<'accessLog'>, string>;

const networks: z.ZodType<readonly string[]> = list(cidr, 'network');

const limits: ObjectOf<LimitsSpec> = object<LimitsSpec>({
  headerBytes: optional(size(256), 'Request line and header block. Default 16KiB.'),
  headers: optional(integer(1), 'Header lines. Default 100.'),
  bodyBytes: optional(size(0), 'Body. Default: none.'),
  requestsPerConnection: optional(integer(1), 'Requests on one connection. Default: none.'),
});

const timeouts: ObjectOf<FrontendTimeoutsSpec> = object<FrontendTimeoutsSpec>(
  {
    requestHead: optional(duration(), 'http: the whole request head. Default 10s.'),
    client: optional(duration(), 'Inactivity of a client. Default 50s.'),
    keepAlive: optional(duration(), 'http: idle between two requests. Default 75s.'),
    tunnel: optional(duration(), 'Inactivity of an upgraded connection. Default 1h.'),
    tlsHandshake: optional(duration(), 'https, and tcp with tls. Default 10s.'),
    clientHello: optional(duration(), 'tcp with sni routes: the whole ClientHello. Default 5s.'),
    udpSession: optional(duration(), 'udp: inactivity of a session. Default 60s.'),
    total: optional(duration(), 'http: head of the request to end of the answer. Default: none.'),
  },
  {},
  'FrontendTimeouts',
);

const logFormat: z.ZodType<AccessLogFormat> = oneOf('none', 'json', 'haproxy');

const accessLog: z.ZodType<Of<'accessLog'>> = either<Of<'accessLog'>>(
  'none, json, haproxy or an object with a format',
  logFormat,
  object<AccessLogObject>({ format: required(logFormat, 'Default none.') }),
);

const errorStatus: z.ZodType<string> = textLeaf('a status from 400 to 599', (value) =>
  /^[45]\d\d$/.test(value),
);

const upgrade: z.ZodType<string> = textLeaf(
  'a protocol other than h2c, such as "websocket"',
  (value) => /^[!#$%&'*+.^_`|~0-9A-Za-z/-]+$/.test(value) && value.toLowerCase() !== 'h2c',
);

export const frontendSchema: ObjectOf<FrontendSpec> = object<FrontendSpec>(
  {
    name: required(name, 'Unique among the frontends.'),
    protocol: required(oneOf(...PROTOCOLS), 'What clients speak; https needs tls.'),
    bind: required(
      either<string | readonly string[]>(
        'an address or a list of them',
        bindAddress,
        list(bindAddress, 'address', 1),
      ),
      'Addresses to listen on, such as ":80"; port 0 = any free one.',
    ),
    pool: optional(reference, 'Default pool; http without one answers 404.'),
    routes: optional(list(routeSchema, 'route'), 'First match wins; tcp only as yet.'),
    tls: optional(tlsSchema, 'https, tcp: TLS ends here.'),
    redirectToHttps: optional(
      either<Of<'redirectToHttps'>>(
        'true, false or an object with a port',
        flag,
        object<HttpsPort>({ port: required(port, 'Where https is served.') }),
      ),
      'http: 308 to the https frontend. Default false.',
    ),
    hsts: optional(hstsSchema, 'https: Strict-Transport-Security. Default off.'),
    forwarded: optional(
      object<ForwardedSpec>({
        mode: optional(oneOf('x-forwarded', 'rfc7239', 'both', 'none'), 'Default x-forwarded.'),
        trust: optional(networks, 'Peers whose own headers are kept.'),
      }),
      'http: how members learn about the client.',
    ),
    acceptProxyProtocol: optional(
      object<Of<'acceptProxyProtocol'>>({
        trust: required(list(cidr, 'network', 1), 'Peers that are believed.'),
      }),
      'tcp, http: PROXY header v1 and v2; everybody else is closed.',
    ),
    access: optional(
      object<AccessSpec>({
        allow: optional(networks, 'Default: everyone.'),
        deny: optional(networks, 'Wins over allow.'),
      }),
      'Source networks.',
    ),
    basicAuth: optional(basicAuthSchema, 'http: names and passwords. Default off.'),
    headers: optional(headersSchema, 'http: changes of headers.'),
    rateLimit: optional(rateLimitSchema, 'Rate limits. Default: none.'),
    compression: optional(compressionSchema, 'http: compression of answers. Default off.'),
    maxConnections: optional(integer(1), 'Connections at once; later ones wait. Default 20000.'),
    maxConnectionsPerSource: optional(integer(1), 'The same for one address. Default: none.'),
    limits: optional(limits, 'http: bounds of a message and connection.'),
    timeouts: optional(timeouts, 'Time limits towards clients.'),
    accessLog: optional(
      accessLog,
      'tcp, http: a line for each connection or request. Default none.',
    ),
    errorPages: optional(
      mapOf(text, errorStatus),
      "http: a file per status for the balancer's own answers.",
    ),
    requestId: optional(requestIdSchema, 'http: an id for every request. Default off.'),
    upgrades: optional(
      list(upgrade, 'protocol'),
      'http: what Upgrade may ask for. Default websocket.',
    ),
    methods: optional(
      object<Of<'methods'>>({
        connect: optional(flag, 'Default false.'),
        trace: optional(flag, 'Default false.'),
      }),
      'http: methods that are refused unless allowed.',
    ),
    http2: optional(http2Schema, 'http: how HTTP/2 is spoken.'),
    maintenance: optional(maintenanceSchema, 'http: a fixed answer for everybody. Default off.'),
    drain: optional(drainSchema, "Deadline of a drain. Default: the balancer's."),
  },
  { id: 'Frontend', description: 'One entrance: a protocol on one or more addresses.' },
);
