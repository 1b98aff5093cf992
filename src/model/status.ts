// Frozen snapshots of a running engine.
import type { BoundAddress } from './events.js';
import type { AdminState, HealthState, LastCheck } from './member.js';
import type { AnswersByClass, MemberTotals } from './totals.js';

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
  /** Its own check asks it to take no new clients (`drainOn`). */
  readonly drainAsked: boolean;
  /** Requests (http), connections (tcp) or sessions (udp) in flight. */
  readonly active: number;
  /** Connections that wait for another request. */
  readonly idle: number;
  /** Clients queued for this very member. */
  readonly queued: number;
  /** undefined = no limit. */
  readonly maxConnections: number | undefined;
  /** Share of its weight that it has in slow start, 0-1; undefined = it is not ramping up. */
  readonly slowStart: number | undefined;
  readonly lastCheck: LastCheck | undefined;
  readonly reason: string;
  /** How long the health has been what it is, ms. */
  readonly healthForMs: number;
  readonly totals: MemberTotals;
}

/**
 * What was counted of all members of a pool, those that left too, since the start.
 * `wentDown` and `downMs` are the pool's own: nobody in it served.
 */
export interface PoolTotals extends MemberTotals {
  /** Requests, connections or sessions that came for a member; tries after the first are not counted. */
  readonly asked: number;
  /** Questions that nobody was lent for: no member, queue full, waited too long. */
  readonly refused: number;
}

/** One pool, as seen at one moment. */
export interface PoolStatus {
  readonly name: string;
  readonly strategy: string;
  readonly queued: number;
  readonly panic: boolean;
  /** Whether anybody in it serves new clients. */
  readonly serving: boolean;
  /** How long that has been so, ms. */
  readonly servingForMs: number;
  readonly totals: PoolTotals;
  readonly members: readonly MemberStatus[];
}

/** What was counted of a frontend since it was made; reloads keep it. */
export interface FrontendTotals {
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
  /** Requests that broke the protocol or a limit on heads, or did not come in time. */
  readonly malformed: number;
  /** Requests refused: access list, method, body too long, rate limit. */
  readonly denied: number;
  /** Requests answered here by a rule: redirect, fixed answer, password asked for, maintenance. */
  readonly intercepted: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** TLS handshakes that did not come to an end: given up, refused, no TLS at all. */
  readonly handshakesFailed: number;
  /** Lines of the access log that were lost, since nobody took them. */
  readonly unlogged: number;
  /** Answers to clients, the balancer's own among them, by the class of their status; none for tcp and udp. */
  readonly answers: AnswersByClass;
}

/** A certificate in use. */
export interface CertificateStatus {
  /** Host names it is for. */
  readonly names: readonly string[];
  /** `rsa`, `ec`, `ed25519`. */
  readonly keyType: string;
  readonly issuer: string;
  /** Unix ms. */
  readonly expiresAt: number;
  /** SHA-256, hexadecimal with colons. */
  readonly fingerprint: string;
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
  /** With TLS: in the order of the spec. */
  readonly certificates: readonly CertificateStatus[];
  /** Most open connections, or sessions; from the spec and never more than the descriptors of the process allow. */
  readonly maxConnections: number;
  readonly totals: FrontendTotals;
}

/** One node of a pair, as seen at one moment. */
export interface HaStatus {
  readonly role: 'initialize' | 'backup' | 'active';
  /** Unix ms of the last change of role; 0 = not started. */
  readonly since: number;
  /** What `track` takes off already gone. */
  readonly priority: number;
  /** `192.0.2.10/24 on eth0`. */
  readonly address: string;
  /** Whether it holds the address now. */
  readonly isHeld: boolean;
  /** Peer that is active, as far as it knows. */
  readonly active: string | undefined;
  readonly peers: readonly {
    readonly peer: string;
    readonly state: 'unknown' | 'alive' | 'lost';
    readonly isActive: boolean;
    readonly priority: number | undefined;
    /** Since its last advert. */
    readonly silentMs: number | undefined;
  }[];
  /** Datagrams that were not believed, by reason: `wrong-secret`, `wrong-id`, `replayed`, `old`, `clock-jump`, `unknown-peer`, `malformed`. */
  readonly refused: Readonly<Record<string, number>>;
  readonly replication: {
    /** Backup: the active peer that it is connected to. */
    readonly connectedTo: string | undefined;
    /** Backup: everything that the active one had has come. */
    readonly isSynced: boolean;
    /** Backup: entries taken. */
    readonly received: number;
    /** Active: who is connected. */
    readonly followers: readonly {
      readonly address: string;
      readonly isSynced: boolean;
      /** Age of the oldest change that is not in force there. */
      readonly lagMs: number;
      /** Changes that wait to be sent. */
      readonly pending: number;
      /** Entries sent. */
      readonly sent: number;
    }[];
    /** Connections that were cut: the other end did not show that it knows the secret, or sent what is no frame of its. */
    readonly refused: number;
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
  /** Undefined: it is no node of a pair. */
  readonly ha?: HaStatus | undefined;
}
