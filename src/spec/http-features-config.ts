// The features of an http frontend in the expanded spec: each is absent when it is off.

/** Changes of one direction, in this order: remove, set, add. */
export interface HeaderChangesConfig {
  /** Templates by header name. */
  readonly set: Readonly<Record<string, string>>;
  /** Templates by header name. */
  readonly add: Readonly<Record<string, string>>;
  readonly remove: readonly string[];
}

/** Changes of headers on the way to members, and on the way to clients. */
export interface HeadersConfig {
  readonly request: HeaderChangesConfig;
  readonly response: HeaderChangesConfig;
}

/** Form of an access log. */
export type AccessLogConfig = { readonly format: 'json' | 'haproxy' };

/** Names of the content codings that answers may be given. */
export type CompressionAlgorithm = 'br' | 'gzip' | 'zstd';

/** What only frontends of http and https have (`accessLog`: tcp too). */
export interface HttpFeaturesConfig {
  /** http: 308 to this port. */
  readonly redirectToHttps?: { readonly port: number };
  /** https. `maxAge` in ms. */
  readonly hsts?: { readonly maxAge: number; readonly includeSubDomains: boolean };
  readonly basicAuth?: { readonly realm: string; readonly usersFile: string };
  readonly headers?: HeadersConfig;
  readonly compression?: {
    /** The favourite first. */
    readonly algorithms: readonly CompressionAlgorithm[];
    readonly minBytes: number;
    /** Media types, lower case; `text/*` for all of a kind. */
    readonly types: readonly string[];
  };
  readonly accessLog?: AccessLogConfig;
  /** Files by status. */
  readonly errorPages?: Readonly<Record<string, string>>;
  readonly requestId?: { readonly header: string; readonly trust: readonly string[] };
  readonly http2?: { readonly cleartext: boolean; readonly maxConcurrentStreams: number };
  readonly maintenance?: {
    readonly status: number;
    readonly page?: string;
    readonly allow: readonly string[];
  };
}
