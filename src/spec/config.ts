// The expanded spec: every short form written out, every default filled, durations in ms, sizes in bytes.
// It uses the same names as the spec, so it is itself a valid spec: `evenkeel check --print` shows it.

import type { HeadersConfig, HttpFeaturesConfig } from './http-features-config.js';

/** Protocols of a frontend. */
export type Protocol = 'tcp' | 'udp' | 'http' | 'https';

/** A whole load balancer. */
export interface BalancerConfig {
  readonly name: string;
  readonly description?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly frontends: readonly FrontendConfig[];
  readonly pools: readonly PoolConfig[];
  readonly monitors: readonly MonitorConfig[];
  readonly ha?: HaConfig;
}

/** What the active node of a pair holds. */
export type HaAddressConfig =
  | { readonly ip: string; readonly interface: string }
  | { readonly listen: 'local' }
  | { readonly hook: string }
  | { readonly memory: true };

/** What lowers the priority of a node of a pair. */
export type HaTrackConfig =
  | { readonly pool: string; readonly minEligible: number; readonly lowerBy: number }
  | { readonly frontend: string; readonly lowerBy: number };

/** An active-passive pair. */
export interface HaConfig {
  readonly id: number;
  readonly priority: number;
  readonly peers: readonly string[];
  readonly bind: string;
  readonly secretEnv: string;
  readonly address: HaAddressConfig;
  readonly track: readonly HaTrackConfig[];
  readonly gateway?: string;
  /** Milliseconds. */
  readonly preemptDelay: number;
  /** Milliseconds. */
  readonly advertInterval: number;
  readonly preempt: boolean;
  readonly replicate: readonly ('sticky' | 'rate-limit' | 'health')[];
}

/** Source networks that may or may not connect; deny wins, an empty `allow` allows everyone. */
export interface AccessConfig {
  readonly allow: readonly string[];
  readonly deny: readonly string[];
}

/** Bounds of one HTTP message and connection. */
export interface LimitsConfig {
  /** Request line plus header block, bytes. */
  readonly headerBytes: number;
  /** Header lines. */
  readonly headers: number;
  /** Body bytes; absent = none. */
  readonly bodyBytes?: number;
  /** Absent = none. */
  readonly requestsPerConnection?: number;
}

/** Where a table is kept. */
export interface OutsideStoreConfig {
  /** `memory`, or the name of an extension. */
  readonly store: string;
  /** Not with `memory`; ms. */
  readonly storeTimeout?: number;
}

/** So many requests, new connections or new sessions in such a time. */
export interface RateLimitConfig extends OutsideStoreConfig {
  readonly requests: number;
  /** ms. */
  readonly window: number;
  /** Header names in lower case. */
  readonly key:
    | 'source-ip'
    | 'frontend'
    | { readonly header: string }
    | { readonly cookie: string };
  readonly action: 'deny' | 'delay' | 'close';
  /** sliding with deny or close. */
  readonly countDenied?: boolean;
  readonly algorithm: 'sliding' | 'gcra';
  /** http with deny or delay. */
  readonly status?: number;
  /** gcra. */
  readonly burst?: number;
  /** source-ip. */
  readonly ipv6Prefix?: number;
  readonly maxKeys: number;
  /** delay, ms. */
  readonly maxDelay?: number;
  /** delay. */
  readonly maxQueued?: number;
  readonly onStoreError: 'allow' | 'deny';
}

/** Time limits of the client side, all in ms. */
export interface FrontendTimeouts {
  readonly requestHead: number;
  readonly client: number;
  readonly keepAlive: number;
  readonly tunnel: number;
  readonly tlsHandshake: number;
  readonly clientHello: number;
  readonly udpSession: number;
  /** From the head of a request to the end of its answer, retries included; absent = none. */
  readonly total?: number;
}

/** A certificate and its key: absolute paths (relative ones start at the working directory) or PEM texts. */
export type CertificateConfig =
  | { readonly cert: string; readonly key: string; readonly passphraseEnv?: string }
  | { readonly pem: string; readonly passphraseEnv?: string }
  | { readonly pfx: string; readonly passphraseEnv?: string };

/** TLS of a frontend. */
export interface TlsConfig {
  /** Absent with `selfSigned` only. */
  readonly certificates?: readonly CertificateConfig[];
  readonly selfSigned: boolean;
  readonly minVersion: '1.2' | '1.3';
  /** Absent = no protocol is agreed on (tcp). */
  readonly alpn?: readonly ('h2' | 'http/1.1')[];
  /** `ca`: path or PEM text, absent with mode `none` only. */
  readonly clientAuth: { readonly mode: 'none' | 'request' | 'require'; readonly ca?: string };
}

/** TLS towards members. */
export interface PoolTlsConfig {
  readonly verify: boolean;
  /** Path or PEM text; absent = the runtime's authorities. */
  readonly ca?: string;
  readonly sni: 'host' | 'member' | { readonly name: string };
  /** Absent = what `http.version` says for http, none for tcp. */
  readonly alpn?: readonly ('h2' | 'http/1.1')[];
  /** Paths or PEM texts. */
  readonly clientCert?: { readonly cert: string; readonly key: string };
}

/** One entrance: a protocol on one or more addresses. */
export interface FrontendConfig extends HttpFeaturesConfig {
  readonly name: string;
  readonly protocol: Protocol;
  /** `host:port` texts; at least one. */
  readonly bind: readonly string[];
  /** Default pool. */
  readonly pool?: string;
  readonly routes: readonly RouteConfig[];
  /** https, and tcp that ends TLS. */
  readonly tls?: TlsConfig;
  readonly access?: AccessConfig;
  /** Peers whose PROXY header is believed; everybody else is closed. */
  readonly acceptProxyProtocol?: { readonly trust: readonly string[] };
  readonly forwarded: {
    readonly mode: 'x-forwarded' | 'rfc7239' | 'both' | 'none';
    readonly trust: readonly string[];
  };
  readonly upgrades: readonly string[];
  readonly methods: { readonly connect: boolean; readonly trace: boolean };
  readonly limits: LimitsConfig;
  /** Absent or empty = none. */
  readonly rateLimit?: readonly RateLimitConfig[];
  readonly maxConnections: number;
  readonly maxConnectionsPerSource?: number;
  readonly timeouts: FrontendTimeouts;
  readonly drain: { readonly timeout: number };
}

/** A path: a prefix on segment borders, the exact path, or a pattern that matches somewhere in it. */
export type PathMatchConfig = string | { readonly exact: string } | { readonly regex: string };

/** What a request or connection must be like; an empty one fits everything. */
export interface MatchConfig {
  /** http: exact names or `*.example.com` (one label or more), lower case. */
  readonly host?: readonly string[];
  /** http. */
  readonly path?: PathMatchConfig;
  /** http: one of these. */
  readonly method?: readonly string[];
  /** http: exact values by name. */
  readonly header?: Readonly<Record<string, string>>;
  /** http: exact values by name. */
  readonly query?: Readonly<Record<string, string>>;
  /** http: exact values by name. */
  readonly cookie?: Readonly<Record<string, string>>;
  /** tcp: exact names or `*.example.com` (one label or more), lower case. */
  readonly sni?: readonly string[];
  /** Source networks. */
  readonly source?: readonly string[];
}

/** A pool's part in a split. */
export interface ShareConfig {
  readonly pool: string;
  /** 0-256. */
  readonly weight: number;
}

/** Statuses of redirects. */
export type RedirectStatus = 301 | 302 | 303 | 307 | 308;

/** What members see in the place of the path, or of what matches in it. */
export type RewritePathConfig =
  | { readonly prefix: string; readonly to: string }
  | { readonly regex: string; readonly to: string };

/** One rule of a frontend; the first that matches wins. One of `pool`, `split`, `redirect` and `respond`; tcp, udp: `pool`. */
export interface RouteConfig {
  readonly match: MatchConfig;
  readonly pool?: string;
  readonly split?: readonly ShareConfig[];
  /** Whether clients stay with their share; with `split`. */
  readonly sticky?: boolean;
  /** `to` is a template. */
  readonly redirect?: { readonly to: string; readonly status: RedirectStatus };
  readonly respond?: {
    readonly status: number;
    readonly body: string;
    readonly headers: Readonly<Record<string, string>>;
  };
  readonly headers?: HeadersConfig;
  /** Absent or empty = none. */
  readonly rateLimit?: readonly RateLimitConfig[];
  /** ms; absent = the frontend's `total`, the pool's `server`. */
  readonly timeouts?: { readonly total?: number; readonly server?: number };
  readonly rewritePath?: RewritePathConfig;
  /** Absent = the pool's. */
  readonly retries?: RetriesConfig;
}

/** How a pool chooses among its eligible members. */
export type StrategyConfig =
  | { readonly type: SimpleStrategyName }
  | { readonly type: 'source-hash'; readonly mapping: 'stable' | 'consistent' | 'modulo' }
  | {
      readonly type: 'hash';
      readonly key: HashKeyConfig;
      readonly mapping: 'rendezvous' | 'maglev' | 'ketama' | 'modulo';
      /** Load factor > 1; absent = unbounded. */
      readonly boundedLoad?: number;
    };

/** Strategies without options. */
export type SimpleStrategyName =
  | 'round-robin'
  | 'least-connections'
  | 'two-choices'
  | 'random'
  | 'peak-ewma'
  | 'first'
  | 'static-weighted';

/** What a keyed hash looks at. */
export type HashKeyConfig =
  | 'uri'
  | 'path'
  | { readonly header: string }
  | { readonly cookie: string }
  | { readonly query: string };

/** Operator's will for one member. */
export type AdminState = 'ready' | 'drain' | 'maintenance';

/** One server of a pool. */
export interface MemberConfig {
  readonly name: string;
  /** `host:port`, the pool's defaultPort already added. */
  readonly address: string;
  /** 0-256. */
  readonly weight: number;
  readonly backup: boolean;
  /** Requests (http) or connections (tcp) or sessions (udp) at once; absent = unlimited. */
  readonly maxConnections?: number;
  readonly state: AdminState;
  readonly labels: Readonly<Record<string, string>>;
}

/** Where members come from besides the list. */
export type DiscoveryConfig =
  | {
      readonly type: 'dns';
      readonly name: string;
      readonly record: 'A' | 'AAAA' | 'SRV';
      /** Required for A and AAAA unless the pool has a defaultPort. */
      readonly port?: number;
      readonly interval: number;
      /** `host:port` of DNS servers to ask; absent = the machine's. */
      readonly servers?: readonly string[];
    }
  | { readonly type: 'file'; readonly path: string }
  | { readonly type: 'custom'; readonly use: string; readonly interval: number };

/** Passive health. */
export interface OutlierConfig {
  readonly consecutiveFailures: number;
  /** ms. */
  readonly ejectFor: number;
  readonly maxEjectedPercent: number;
}

/** What makes a request worth another try. */
export type RetryCondition = 'connect-failure' | 'reset-before-response' | `${number}`;

/** Further tries on other members. */
export interface RetriesConfig {
  /** Tries after the first. */
  readonly attempts: number;
  readonly on: readonly RetryCondition[];
  readonly budgetPercent: number;
  /** ms. */
  readonly backoff: number;
  readonly bufferBytes: number;
}

/** A cookie names the member. */
export interface CookieStickyConfig {
  readonly mode: 'cookie';
  readonly cookie: string;
  readonly cookieMode: 'insert' | 'rewrite' | 'prefix';
  readonly secure: boolean;
  readonly httpOnly: boolean;
  readonly sameSite?: 'Strict' | 'Lax' | 'None';
  /** ms; absent = none. */
  readonly maxIdle?: number;
  /** ms; absent = none. */
  readonly maxLife?: number;
  readonly domain?: string;
  readonly path: string;
  readonly opaque: boolean;
  /** With `opaque`: the environment variable that has the key. */
  readonly secretEnv?: string;
}

/** Bounds and place of remembered clients. */
export interface StickyTableConfig extends OutsideStoreConfig {
  /** ms. */
  readonly ttl: number;
  /** Entries; a store of the host's has its own bound. */
  readonly size: number;
}

/** The client's address is remembered. */
export interface SourceIpStickyConfig extends StickyTableConfig {
  readonly mode: 'source-ip';
}

/** A request header's value is remembered. */
export interface HeaderStickyConfig extends StickyTableConfig {
  readonly mode: 'header';
  readonly header: string;
}

/** How clients stay with their member. */
export type StickyConfig = CookieStickyConfig | SourceIpStickyConfig | HeaderStickyConfig;

/** A group of members and how to choose among them. */
export interface PoolConfig {
  readonly name: string;
  readonly strategy: StrategyConfig;
  readonly members: readonly MemberConfig[];
  readonly defaultPort?: number;
  readonly discovery?: DiscoveryConfig;
  /** A monitor's name, or one written inline; absent = no active checks. */
  readonly health?: string | MonitorConfig;
  readonly outlier?: OutlierConfig;
  /** Percent of members eligible under which all are used; 0 = never. */
  readonly panicThreshold: number;
  /** ms; 0 = off. */
  readonly slowStart: number;
  /** Absent = clients are not remembered. */
  readonly sticky?: StickyConfig;
  readonly onMemberDown: 'next' | 'refuse' | 'keep';
  readonly sessionsOnDown: 'keep' | 'close';
  readonly backups: 'first' | 'all';
  /** Absent = members are spoken to in the clear. */
  readonly tls?: PoolTlsConfig;
  readonly http: {
    readonly version: '1.1' | '2';
    readonly reuse: 'never' | 'safe' | 'always';
    readonly maxIdlePerMember: number;
    /** ms. */
    readonly idleTimeout: number;
  };
  readonly sendProxyProtocol: 'none' | 'v1' | 'v2';
  readonly retries: RetriesConfig;
  readonly queue: { readonly max: number; readonly timeout: number };
  readonly timeouts: { readonly connect: number; readonly server: number };
  /** Deadline of member drains that are not given one. */
  readonly drain: { readonly timeout: number };
}

/** Kinds of active checks. */
export type MonitorType =
  | 'tcp'
  | 'http'
  | 'https'
  | 'tls'
  | 'udp'
  | 'grpc'
  | 'redis'
  | 'postgres'
  | 'mysql'
  | 'ldap'
  | 'smtp'
  | 'exec'
  | 'custom';

/** Bytes of a udp check. */
export type PayloadConfig = { readonly text: string } | { readonly hex: string };

/** One active check, shared by name or inline in a pool. */
export interface MonitorConfig {
  /** Unique; an inline monitor has its pool's name. */
  readonly name: string;
  readonly type: MonitorType;
  /** Absent = the member's port. */
  readonly port?: number;
  /** ms from the end of a check to the start of the next. */
  readonly interval: number;
  /** While going up or down, ms. */
  readonly fastInterval: number;
  /** While down, ms. */
  readonly downInterval: number;
  /** ms. */
  readonly timeout: number;
  readonly fall: number;
  readonly rise: number;
  readonly initial: 'unknown' | 'up' | 'down';
  /** http, https. */
  readonly path: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly expect: {
    /** `"2xx"`, `"200,204"`, `"200-299"`. */
    readonly status: string;
    readonly body?: { readonly contains: string } | { readonly regex: string };
    /** udp: bytes the answer must start with; absent = any answer. */
    readonly payload?: PayloadConfig;
  };
  /** http, https; absent = `1.1`. */
  readonly version?: '1.1' | '2';
  /** This status (or list) means: finish bound clients, take no new ones. */
  readonly drainOn?: string;
  /** https, tls: server name; absent = the one of the pool's `tls.sni`, else the member's host if it is a name. */
  readonly sni?: string;
  /** https, tls, inline in a pool with `tls`; absent = as that says. */
  readonly verify?: boolean;
  /** udp. */
  readonly send?: PayloadConfig;
  /** exec: program and arguments, never a shell. */
  readonly command?: readonly string[];
  /** grpc: service name, '' = the server as a whole. */
  readonly service?: string;
  /** postgres, mysql. */
  readonly user?: string;
  /** smtp. */
  readonly ehlo?: string;
  /** custom: name of the host's extension. */
  readonly use?: string;
}
