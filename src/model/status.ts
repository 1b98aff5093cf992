// Frozen snapshots of a running engine.
import type { BoundAddress } from './events.js';
import type { AdminState, HealthState, LastCheck } from './member.js';

/** One member, as seen at one moment. */
export interface MemberStatus {
  readonly name: string;
  readonly address: string;
  readonly health: HealthState;
  readonly state: AdminState;
  readonly weight: number;
  readonly backup: boolean;
  /** Would be picked for a new client now. */
  readonly eligible: boolean;
  readonly ejected: boolean;
  readonly active: number;
  readonly lastCheck: LastCheck | undefined;
  readonly reason: string;
  readonly totals: {
    readonly picked: number;
    readonly failed: number;
    readonly retriedAway: number;
    readonly bytesIn: number;
    readonly bytesOut: number;
  };
}

/** One pool, as seen at one moment. */
export interface PoolStatus {
  readonly name: string;
  readonly strategy: string;
  readonly queued: number;
  readonly panic: boolean;
  readonly members: readonly MemberStatus[];
}

/** One frontend, as seen at one moment. */
export interface FrontendStatus {
  readonly name: string;
  readonly protocol: string;
  readonly addresses: readonly BoundAddress[];
  readonly draining: boolean;
  /** Open client connections or udp sessions. */
  readonly active: number;
  /** Accepted but held unread past maxConnections. */
  readonly held: number;
  readonly totals: {
    readonly connections: number;
    readonly requests: number;
    /** Reset or closed because of limits, access lists or a bad PROXY header. */
    readonly rejected: number;
    /** Requests, connections and sessions that a rate limit turned away. */
    readonly limited: number;
    /** Those that a rate limit made wait. */
    readonly delayed: number;
    /** Answers that the frontend made itself (4xx, 5xx), and connections it had no member for. */
    readonly failed: number;
    readonly bytesIn: number;
    readonly bytesOut: number;
    /** Lines of the access log that were lost, since nobody took them. */
    readonly unlogged: number;
  };
}

/** A whole engine, as seen at one moment. */
export interface BalancerStatus {
  readonly name: string;
  readonly state: 'idle' | 'running' | 'draining' | 'closed';
  /** Unix ms. */
  readonly at: number;
  readonly frontends: readonly FrontendStatus[];
  readonly pools: readonly PoolStatus[];
}
