// Where members come from besides the list: what a user writes, and what it expands to.
import type { z } from 'zod';
import { hostName, peerAddress } from './address-leaf.js';
import type { DiscoveryConfig } from './config.js';
import { filled } from './filled.js';
import { type Duration, duration, milliseconds, port, text } from './leaf.js';
import { list, object, oneOf, optional, required, tagged } from './shape.js';

/** Members from DNS; the last good answer is kept when a query fails. */
export interface DnsDiscoverySpec {
  readonly type: 'dns';
  /** The name to ask for. */
  readonly name: string;
  /** SRV answers bring ports and weights. @defaultValue 'A' */
  readonly record?: 'A' | 'AAAA' | 'SRV';
  /** Port of every member; needed for A and AAAA unless the pool has a `defaultPort`. */
  readonly port?: number;
  /** Time between queries, at least 1s. @defaultValue 10s */
  readonly interval?: Duration;
  /** DNS servers to ask, `host:port`. @defaultValue the machine's */
  readonly servers?: readonly string[];
}

/** Members from a file that is watched: a JSON list of members, or one address per line. */
export interface FileDiscoverySpec {
  readonly type: 'file';
  /** Relative to the spec file. */
  readonly path: string;
}

/** Members from a function of the host. */
export interface CustomDiscoverySpec {
  readonly type: 'custom';
  /** Name of the function in the host's `extensions`. */
  readonly use: string;
  /** Time between calls, at least 10ms. @defaultValue 10s */
  readonly interval?: Duration;
}

/** Where members come from besides the list. */
export type DiscoverySpec = DnsDiscoverySpec | FileDiscoverySpec | CustomDiscoverySpec;

export const discoverySchema: z.ZodType<DiscoverySpec> = tagged<DiscoverySpec>(
  'type',
  object<DnsDiscoverySpec>({
    type: required(oneOf('dns'), 'Members from DNS.'),
    name: required(hostName, 'The name to ask for.'),
    record: optional(oneOf('A', 'AAAA', 'SRV'), 'Default A.'),
    port: optional(port, 'Port of every member; needed for A and AAAA without a defaultPort.'),
    interval: optional(duration({ min: 1000 }), 'Time between queries, at least 1s. Default 10s.'),
    servers: optional(
      list(peerAddress, 'address', 1),
      "DNS servers, host:port. Default: the machine's.",
    ),
  }),
  object<FileDiscoverySpec>({
    type: required(oneOf('file'), 'Members from a watched file.'),
    path: required(
      text,
      'A JSON list of members or one address per line; relative to the spec file.',
    ),
  }),
  object<CustomDiscoverySpec>({
    type: required(oneOf('custom'), 'Members from a function of the host.'),
    use: required(text, "Name of the function in the host's extensions."),
    interval: optional(duration({ min: 10 }), 'Time between calls. Default 10s.'),
  }),
);

const DEFAULT_INTERVAL_MS = 10_000;

/** Writes a discovery out. `resolvePath` makes a file's path absolute if the place of the spec file is known. */
export function expandDiscovery(
  spec: DiscoverySpec,
  resolvePath: (path: string) => string,
): DiscoveryConfig {
  if (spec.type === 'file') return { type: 'file', path: resolvePath(spec.path) };
  const interval = milliseconds(spec.interval ?? DEFAULT_INTERVAL_MS);
  if (spec.type === 'custom') return { type: 'custom', use: spec.use, interval };
  return filled<DiscoveryConfig & { type: 'dns' }>({
    type: 'dns',
    name: spec.name,
    record: spec.record ?? 'A',
    port: spec.port,
    interval,
    servers: spec.servers,
  });
}
