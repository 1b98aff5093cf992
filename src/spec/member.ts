// A member of a pool: what a user writes, and what it expands to.
import { createHash } from 'node:crypto';
import type { z } from 'zod';
import { parseHostPort, renderHostPort } from '../core/address.js';
import { memberAddress } from './address-leaf.js';
import type { AdminState, MemberConfig } from './config.js';
import { filled } from './filled.js';
import { anyText, flag, integer, name } from './leaf.js';
import { either, mapOf, type ObjectOf, object, oneOf, optional, required } from './shape.js';

/**
 * One server of a pool.
 * @example { name: 'web-2', address: '10.0.0.2:8080', weight: 50 }
 */
export interface MemberSpec {
  /**
   * Unique in the pool; strategies, counters and sticky entries know the member by it.
   * @defaultValue `m-` and 8 hex digits of sha-256("host:port")
   */
  readonly name?: string;
  /** `host:port`; the port may be left out if the pool has a `defaultPort`. */
  readonly address: string;
  /** Share of the load against the other members, a whole number 0-256; 0 = no new clients. @defaultValue 1 */
  readonly weight?: number;
  /** Serves only when no ordinary member can. @defaultValue false */
  readonly backup?: boolean;
  /** Requests (http), connections (tcp) or sessions (udp) at once, at least 1. @defaultValue unlimited */
  readonly maxConnections?: number;
  /** The operator's will. @defaultValue 'ready' */
  readonly state?: AdminState;
  /** Free notes. @defaultValue none */
  readonly labels?: Readonly<Record<string, string>>;
}

export const memberSchema: ObjectOf<MemberSpec> = object<MemberSpec>(
  {
    name: optional(
      name,
      'Unique in the pool. Default: "m-" and 8 hex digits of sha-256("host:port").',
    ),
    address: required(
      memberAddress,
      'host:port; the port may be left out if the pool has a defaultPort.',
    ),
    weight: optional(
      integer(0, 256),
      'Share of the load, 0-256; 0 takes no new clients. Default 1.',
    ),
    backup: optional(flag, 'Serves only when no ordinary member can. Default false.'),
    maxConnections: optional(
      integer(1),
      'Requests, connections or sessions at once. Default: unlimited.',
    ),
    state: optional(oneOf('ready', 'drain', 'maintenance'), "The operator's will. Default ready."),
    labels: optional(mapOf(anyText), 'Free notes.'),
  },
  { id: 'Member', description: 'One server of a pool.' },
);

/** A member as text (`"10.0.0.1:8080"`) or written out. */
export const memberOrAddress: z.ZodType<string | MemberSpec> = either<string | MemberSpec>(
  'an address such as "10.0.0.1:8080" or an object with an address',
  memberAddress,
  memberSchema,
);

/** `m-` and 8 hex digits of sha-256("host:port"): the name of a member that was given none. */
export function nameOfAddress(address: string): string {
  return `m-${createHash('sha256').update(address).digest('hex').slice(0, 8)}`;
}

/** `host:port` with the port filled in; undefined when there is none to fill in. */
export function fullAddress(address: string, defaultPort: number | undefined): string | undefined {
  const parsed = parseHostPort(address, defaultPort);
  return parsed === undefined ? undefined : renderHostPort(parsed);
}

/** Writes a member out. The address was checked before. */
export function expandMember(
  spec: string | MemberSpec,
  defaultPort: number | undefined,
): MemberConfig {
  const member = typeof spec === 'string' ? { address: spec } : spec;
  const address = fullAddress(member.address, defaultPort) ?? member.address;
  return filled<MemberConfig>({
    name: member.name ?? nameOfAddress(address),
    address,
    weight: member.weight ?? 1,
    backup: member.backup ?? false,
    maxConnections: member.maxConnections,
    state: member.state ?? 'ready',
    labels: member.labels ?? {},
  });
}
