// The active-passive pair: what a user writes, and what it expands to.
import type { z } from 'zod';
import { parseCidr } from '../core/cidr.js';
import { bindAddress, ipAddress, peerAddress } from './address-leaf.js';
import type { HaConfig } from './config.js';
import { filled } from './filled.js';
import {
  type Duration,
  duration,
  flag,
  integer,
  leaf,
  milliseconds,
  reference,
  text,
  textLeaf,
  variable,
} from './leaf.js';
import { either, list, type ObjectOf, object, oneOf, optional, required } from './shape.js';
import { expectedGot } from './wording.js';

/** What the active one holds: an address of an interface, its own listeners, a function of the host, or nothing real. */
export type HaAddressSpec =
  | { readonly ip: string; readonly interface: string }
  | { readonly listen: 'local' }
  | { readonly hook: string }
  | { readonly memory: true };

/** Lowers the priority while a pool has too few eligible members, or a frontend does not listen. `lowerBy` is 50 by default. */
export type HaTrackSpec =
  | { readonly pool: string; readonly minEligible?: number; readonly lowerBy?: number }
  | { readonly frontend: string; readonly lowerBy?: number };

/** An active-passive pair (VRRP over UDP). */
export interface HaSpec {
  /** 1-255, the same on both. */
  readonly id: number;
  /** 1-254; the higher one is active. @defaultValue 100 */
  readonly priority?: number;
  /** The others: UDP adverts, TCP replication on the same port. */
  readonly peers: readonly string[];
  /** Own address for adverts. */
  readonly bind: string;
  /** Environment variable with the shared secret, at least 16 characters long. @defaultValue 'EVENKEEL_HA_SECRET' */
  readonly secretEnv?: string;
  readonly address: HaAddressSpec;
  readonly track?: readonly HaTrackSpec[];
  /** Must answer before a takeover. @defaultValue off */
  readonly gateway?: string;
  /** @defaultValue 0s */
  readonly preemptDelay?: Duration;
  /** @defaultValue 1s */
  readonly advertInterval?: Duration;
  /** Whether a better one takes over a living one. @defaultValue true */
  readonly preempt?: boolean;
  /** State sent to the standby. @defaultValue none */
  readonly replicate?: readonly ('sticky' | 'rate-limit' | 'health')[];
}

type Owned = Extract<HaAddressSpec, { ip: string }>;
type TrackedPool = Extract<HaTrackSpec, { pool: string }>;
type TrackedFrontend = Extract<HaTrackSpec, { frontend: string }>;

const always: z.ZodType<true> = leaf(
  (value) => (value === true ? undefined : expectedGot('true', value)),
  { const: true },
);

const address: z.ZodType<HaAddressSpec> = either<HaAddressSpec>(
  'an object with ip and interface, listen, hook or memory',
  object<Owned>({
    ip: required(
      textLeaf(
        'an address with its prefix, such as "192.0.2.10/24"',
        (value) => value.includes('/') && parseCidr(value) !== undefined,
      ),
      'The virtual address.',
    ),
    interface: required(text, 'The interface that carries it.'),
  }),
  object<{ readonly listen: 'local' }>({ listen: required(oneOf('local'), 'Its own listeners.') }),
  object<{ readonly hook: string }>({ hook: required(text, 'A function of the host.') }),
  object<{ readonly memory: true }>({
    memory: required(always, 'Nothing real, for tests.'),
  }),
);

const lowerBy: z.ZodExactOptional<z.ZodType<number>> = optional(
  integer(1, 254),
  'Taken off the priority. Default 50.',
);

const track: z.ZodType<HaTrackSpec> = either<HaTrackSpec>(
  'an object with pool or frontend',
  object<TrackedPool>({
    pool: required(reference, 'A pool.'),
    minEligible: optional(integer(1), 'Members it needs. Default 1.'),
    lowerBy,
  }),
  object<TrackedFrontend>({ frontend: required(reference, 'A frontend.'), lowerBy }),
);

export const haSchema: ObjectOf<HaSpec> = object<HaSpec>(
  {
    id: required(integer(1, 255), 'The same on both.'),
    priority: optional(integer(1, 254), 'The higher one is active. Default 100.'),
    peers: required(list(peerAddress, 'peer', 1), 'Addresses of the others.'),
    bind: required(bindAddress, 'Own address for adverts.'),
    secretEnv: optional(
      variable,
      'Environment variable with the shared secret. Default EVENKEEL_HA_SECRET.',
    ),
    address: required(address, 'What the active one holds.'),
    track: optional(list(track, 'item'), 'What lowers the priority.'),
    gateway: optional(ipAddress, 'Must answer before a takeover. Default: off.'),
    preemptDelay: optional(duration({ min: 0 }), 'Default 0s.'),
    advertInterval: optional(duration({ min: 10 }), 'Default 1s.'),
    preempt: optional(flag, 'Whether a better one takes over a living one. Default true.'),
    replicate: optional(
      list(oneOf('sticky', 'rate-limit', 'health'), 'kind'),
      'State sent to the standby.',
    ),
  },
  { id: 'Ha', description: 'An active-passive pair.' },
);

/** Where the secret is looked for when nobody says otherwise. */
export const DEFAULT_SECRET_ENV = 'EVENKEEL_HA_SECRET';

/** Writes a pair out; it was checked before. */
export function expandHa(spec: HaSpec): HaConfig {
  return filled<HaConfig>({
    id: spec.id,
    priority: spec.priority ?? 100,
    peers: [...spec.peers],
    bind: spec.bind,
    secretEnv: spec.secretEnv ?? DEFAULT_SECRET_ENV,
    address: spec.address,
    track: (spec.track ?? []).map((item) => {
      const { lowerBy = 50 } = item;
      return 'pool' in item
        ? { pool: item.pool, minEligible: item.minEligible ?? 1, lowerBy }
        : { frontend: item.frontend, lowerBy };
    }),
    gateway: spec.gateway,
    preemptDelay: milliseconds(spec.preemptDelay ?? 0),
    advertInterval: milliseconds(spec.advertInterval ?? 1000),
    preempt: spec.preempt ?? true,
    replicate: [...new Set(spec.replicate ?? [])],
  });
}
