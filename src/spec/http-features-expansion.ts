// What the features of an http frontend expand to.
import { type EveryField, filled } from './filled.js';
import type { FrontendSpec } from './frontend.js';
import { expandHeaders } from './headers.js';
import type { MaintenanceSpec } from './http-features.js';
import type { AccessLogConfig, HttpFeaturesConfig } from './http-features-config.js';
import { bytes, milliseconds } from './leaf.js';

/** Media types that are compressed unless told otherwise: texts, and what is text by another name. */
const COMPRESSED_TYPES: readonly string[] = [
  'text/*',
  'application/json',
  'application/javascript',
  'application/xml',
  'application/xhtml+xml',
  'application/manifest+json',
  'application/wasm',
  'image/svg+xml',
];

/** What features need to know of their surroundings. */
export interface FeatureSurroundings {
  readonly resolvePath: (path: string) => string;
  /** Port of the https frontend that `redirectToHttps: true` means. */
  readonly httpsPort: number;
}

/** Every feature off. */
export const NO_FEATURES: EveryField<HttpFeaturesConfig> = {
  redirectToHttps: undefined,
  hsts: undefined,
  basicAuth: undefined,
  headers: undefined,
  compression: undefined,
  accessLog: undefined,
  errorPages: undefined,
  requestId: undefined,
  http2: undefined,
  maintenance: undefined,
};

/** Writes the features of an http frontend out; those that are off are undefined. */
export function expandHttpFeatures(
  spec: FrontendSpec,
  { resolvePath, httpsPort }: FeatureSurroundings,
): EveryField<HttpFeaturesConfig> {
  const { redirectToHttps: redirect, hsts, basicAuth, compression, requestId } = spec;
  return {
    redirectToHttps: expandRedirect(redirect, httpsPort),
    hsts: hsts && {
      maxAge: milliseconds(hsts.maxAge),
      includeSubDomains: hsts.includeSubDomains ?? false,
    },
    basicAuth: basicAuth && {
      realm: basicAuth.realm ?? spec.name,
      usersFile: resolvePath(basicAuth.usersFile),
    },
    headers: spec.headers && expandHeaders(spec.headers),
    compression: compression && {
      algorithms: compression.algorithms ?? ['br', 'gzip'],
      minBytes: bytes(compression.minBytes ?? 1024),
      types: (compression.types ?? COMPRESSED_TYPES).map((type) => type.toLowerCase()),
    },
    accessLog: expandAccessLog(spec.accessLog),
    errorPages: expandErrorPages(spec.errorPages, resolvePath),
    requestId: requestId && {
      header: requestId.header ?? 'x-request-id',
      trust: requestId.trust ?? [],
    },
    http2: spec.http2 && {
      cleartext: spec.http2.cleartext ?? false,
      maxConcurrentStreams: spec.http2.maxConcurrentStreams ?? 100,
    },
    maintenance: spec.maintenance && expandMaintenance(spec.maintenance, resolvePath),
  };
}

/** `json` is short for `{ format: 'json' }`; `none` is nothing. */
export function expandAccessLog(spec: FrontendSpec['accessLog']): AccessLogConfig | undefined {
  const format = typeof spec === 'object' ? spec.format : spec;
  return format === undefined || format === 'none' ? undefined : { format };
}

function expandRedirect(
  spec: FrontendSpec['redirectToHttps'],
  httpsPort: number,
): HttpFeaturesConfig['redirectToHttps'] {
  if (spec === undefined || spec === false) return undefined;
  return { port: spec === true ? httpsPort : spec.port };
}

function expandErrorPages(
  pages: FrontendSpec['errorPages'],
  resolvePath: (path: string) => string,
): HttpFeaturesConfig['errorPages'] {
  if (pages === undefined || Object.keys(pages).length === 0) return undefined;
  return Object.fromEntries(
    Object.entries(pages).map(([status, file]) => [status, resolvePath(file)]),
  );
}

function expandMaintenance(
  spec: MaintenanceSpec,
  resolvePath: (path: string) => string,
): HttpFeaturesConfig['maintenance'] {
  return filled<NonNullable<HttpFeaturesConfig['maintenance']>>({
    status: spec.status ?? 503,
    page: spec.page === undefined ? undefined : resolvePath(spec.page),
    allow: spec.allow ?? [],
  });
}
