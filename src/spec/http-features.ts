// HTTP features of a frontend that are switched on by their block: what a user writes.
import type { z } from 'zod';
import { cidr } from './address-leaf.js';
import type { CompressionAlgorithm } from './http-features-config.js';
import { headerName } from './http-leaf.js';
import { age, type Duration, flag, integer, type Size, size, text } from './leaf.js';
import { list, type ObjectOf, object, oneOf, optional, required } from './shape.js';

/** Strict-Transport-Security (RFC 6797); https. */
export interface HstsSpec {
  /** How long browsers remember. */
  readonly maxAge: Duration;
  /** @defaultValue false */
  readonly includeSubDomains?: boolean;
}

/** Names and passwords (RFC 7617). */
export interface BasicAuthSpec {
  /** Shown to the user. @defaultValue the frontend's name */
  readonly realm?: string;
  /** htpasswd file, relative to the spec file. */
  readonly usersFile: string;
}

/** Compression of answers. */
export interface CompressionSpec {
  /** The favourite first. @defaultValue `[br, gzip]` */
  readonly algorithms?: readonly CompressionAlgorithm[];
  /** Smaller answers are left alone. @defaultValue 1024 */
  readonly minBytes?: Size;
  /** Media types, `text/*` for all of a kind. @defaultValue text, JSON, JavaScript, XML, SVG, manifests, WebAssembly */
  readonly types?: readonly string[];
}

/** An id for every request. */
export interface RequestIdSpec {
  /** @defaultValue 'x-request-id' */
  readonly header?: string;
  /** Peers whose own id is kept. @defaultValue none */
  readonly trust?: readonly string[];
}

/** HTTP/2 towards clients. */
export interface Http2Spec {
  /** http: HTTP/2 in the clear, to clients that begin with it. @defaultValue false */
  readonly cleartext?: boolean;
  /** Streams that a client may have open at once, 1-65535. @defaultValue 100 */
  readonly maxConcurrentStreams?: number;
}

/** A fixed answer for everybody while work is done. */
export interface MaintenanceSpec {
  /** 400-599. @defaultValue 503 */
  readonly status?: number;
  /** File with the answer, relative to the spec file. */
  readonly page?: string;
  /** Source networks that are served all the same. @defaultValue none */
  readonly allow?: readonly string[];
}

const networks: z.ZodType<readonly string[]> = list(cidr, 'network');

export const hstsSchema: ObjectOf<HstsSpec> = object<HstsSpec>({
  maxAge: required(age, 'How long browsers remember.'),
  includeSubDomains: optional(flag, 'Default false.'),
});

export const basicAuthSchema: ObjectOf<BasicAuthSpec> = object<BasicAuthSpec>({
  realm: optional(text, "Shown to the user. Default: the frontend's name."),
  usersFile: required(text, 'htpasswd file.'),
});

export const compressionSchema: ObjectOf<CompressionSpec> = object<CompressionSpec>({
  algorithms: optional(
    list(oneOf<CompressionAlgorithm>('br', 'gzip', 'zstd'), 'algorithm', 1),
    'Default br, gzip.',
  ),
  minBytes: optional(size(0), 'Smaller answers are left alone. Default 1024.'),
  types: optional(list(text, 'media type', 1), 'Media types, such as text/*.'),
});

export const requestIdSchema: ObjectOf<RequestIdSpec> = object<RequestIdSpec>({
  header: optional(headerName, 'Default x-request-id.'),
  trust: optional(networks, 'Peers whose own id is kept.'),
});

export const http2Schema: ObjectOf<Http2Spec> = object<Http2Spec>({
  cleartext: optional(flag, 'Default false.'),
  maxConcurrentStreams: optional(integer(1, 65_535), 'Default 100.'),
});

export const maintenanceSchema: ObjectOf<MaintenanceSpec> = object<MaintenanceSpec>({
  status: optional(integer(400, 599), 'Default 503.'),
  page: optional(text, 'File with the answer.'),
  allow: optional(networks, 'Who is served all the same.'),
});
