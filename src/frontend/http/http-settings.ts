// What a frontend's configuration means for HTTP, compiled once per handler.
import { AccessList } from '../../auth/access-list.js';
import { CidrSet } from '../../core/cidr.js';
import { RouteHosts } from '../../route/route-hosts.js';
import type { FrontendConfig, FrontendTimeouts, LimitsConfig } from '../../spec/config.js';
import { Compression } from './compression/compression.js';
import { type Page, readErrorPages } from './page.js';
import { hstsLine } from './policy/hsts-pass.js';

const DEFAULT_STREAMS = 100;

/** A frontend's settings in the form the sessions ask for them. */
export class HttpSettings {
  readonly limits: LimitsConfig;
  readonly timeouts: FrontendTimeouts;
  /** Bytes; infinity = no limit. */
  readonly bodyBytes: number;
  /** Infinity = no limit. */
  readonly requestsPerConnection: number;
  /** ms; infinity = no limit. */
  readonly totalMs: number;
  /** Who may ask; undefined = everyone, without a look. */
  readonly access: AccessList | undefined;
  readonly setsXForwarded: boolean;
  readonly setsForwarded: boolean;
  /** Peers whose forwarded headers are kept. */
  readonly trusted: CidrSet;
  /** Protocols that Upgrade may name, lower case. */
  readonly upgrades: ReadonlySet<string>;
  readonly allowsConnect: boolean;
  readonly allowsTrace: boolean;
  /** Which answers are compressed; undefined = none. */
  readonly compression: Compression | undefined;
  /** Header lines of every answer of the balancer's own, each with its CRLF. */
  readonly ownLines: string;
  /** Bodies of the balancer's own answers by status; undefined = there are none. */
  readonly errorPages: ReadonlyMap<number, Page> | undefined;
  /** Whether HTTP/2 is spoken in the clear to clients that begin with it. */
  readonly takesCleartextHttp2: boolean;
  /** Streams that a client of HTTP/2 may have open at once. */
  readonly maxConcurrentStreams: number;
  /** Hosts that HTTP/2 clients may ask for whatever certificate they were shown. */
  readonly routeHosts: RouteHosts;
  /** Name of the default pool; undefined = 404. */
  readonly pool: string | undefined;

  /** @throws SpecError `EK_FILE` with every error page that can't be read */
  constructor(config: FrontendConfig) {
    this.limits = config.limits;
    this.timeouts = config.timeouts;
    this.bodyBytes = config.limits.bodyBytes ?? Number.POSITIVE_INFINITY;
    this.requestsPerConnection = config.limits.requestsPerConnection ?? Number.POSITIVE_INFINITY;
    this.totalMs = config.timeouts.total ?? Number.POSITIVE_INFINITY;
    this.access = config.access === undefined ? undefined : new AccessList(config.access);
    const { mode, trust } = config.forwarded;
    this.setsXForwarded = mode === 'x-forwarded' || mode === 'both';
    this.setsForwarded = mode === 'rfc7239' || mode === 'both';
    this.trusted = new CidrSet(trust);
    // h2c would switch to a protocol that this frontend does not follow.
    const upgrades = config.upgrades.map((name) => name.toLowerCase());
    this.upgrades = new Set(upgrades.filter((name) => name !== 'h2c'));
    this.allowsConnect = config.methods.connect;
    this.allowsTrace = config.methods.trace;
    this.compression =
      config.compression === undefined ? undefined : new Compression(config.compression);
    this.ownLines = config.hsts === undefined ? '' : hstsLine(config.hsts);
    this.errorPages = readErrorPages(config.errorPages);
    this.takesCleartextHttp2 = config.http2?.cleartext ?? false;
    this.maxConcurrentStreams = config.http2?.maxConcurrentStreams ?? DEFAULT_STREAMS;
    this.routeHosts = new RouteHosts(config.routes);
    this.pool = config.pool;
  }
}
