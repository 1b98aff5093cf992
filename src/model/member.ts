// A member of a pool: who it is (fixed), what the operator and the checks say of it (state), and how it fares (counters).
import type { AdminState } from '../spec/config.js';
import { MemberCounters } from './totals.js';

export type { AdminState };

/** What the checks say. */
export type HealthState = 'up' | 'down' | 'unknown';

/** What a member is built from. */
export interface MemberOptions {
  /** Unique in the pool and stable: strategies, counters and sticky entries know the member by it. */
  name: string;
  host: string;
  port: number;
  /** 0-256. @defaultValue 1 */
  weight?: number;
  /** @defaultValue false */
  backup?: boolean;
  /** Work at once; @defaultValue Infinity */
  maxConnections?: number;
  /** @defaultValue 'ready' */
  state?: AdminState;
  labels?: Readonly<Record<string, string>>;
}

/** The last active check of a member. */
export interface LastCheck {
  /** Unix ms. */
  readonly at: number;
  readonly ok: boolean;
  /** `status 200`, `connect refused`, `timeout after 2s`. */
  readonly reason: string;
  readonly durationMs: number;
}

/** Everything about a member that changes; kept over rebuilds and reloads. */
export class MemberState {
  health: HealthState = 'unknown';
  /** Monotonic ms at which the health became what it is. */
  healthAt = 0;
  admin: AdminState = 'ready';
  /** Asked to take no new clients by its own check (`drainOn`). */
  isDrainingByCheck = false;
  /** Configured weight, 0-256. */
  weight = 1;
  /** Weight for hash tables: keeps the last weight above 0, so that weight 0 set live moves nobody. */
  hashWeight = 1;
  /** Requests (http), connections (tcp) or sessions (udp) in flight. */
  active = 0;
  /** Connections that wait for another request. */
  idle = 0;
  /** Peak-EWMA cost in ms and when it was last observed (monotonic ms); 0 = never. */
  ewmaMs = 0;
  ewmaAt = 0;
  /** Monotonic ms at which slow start began; -1 = not ramping. */
  slowStartAt = -1;
  /** Length of the ramp in ms while `slowStartAt >= 0`. */
  slowStartMs = 0;
  /** Ejected by passive health until this monotonic ms; 0 = not ejected. */
  ejectedUntil = 0;
  /** Passive failures in a row. */
  consecutiveFailures = 0;
  lastCheck: LastCheck | undefined = undefined;
  /** Why it is down, or what brought it up last. */
  reason = '';
  /** Leases given and their outcomes, since the member was added. */
  readonly totals: MemberCounters = new MemberCounters();

  /** Takes what the checks say now, and keeps the time it was down. */
  setHealth(health: HealthState, nowMs: number): void {
    if (health === this.health) return;
    if (this.health === 'down') this.totals.downMs += nowMs - this.healthAt;
    if (health === 'down') this.totals.wentDown++;
    this.health = health;
    this.healthAt = nowMs;
  }
}

/** One server of a pool. Identity is fixed; a changed address makes a new member. */
export class Member {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly backup: boolean;
  readonly maxConnections: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly state: MemberState = new MemberState();

  constructor(options: MemberOptions) {
    this.name = options.name;
    this.host = options.host;
    this.port = options.port;
    this.backup = options.backup ?? false;
    this.maxConnections = options.maxConnections ?? Number.POSITIVE_INFINITY;
    this.labels = options.labels ?? {};
    this.state.admin = options.state ?? 'ready';
    this.state.weight = options.weight ?? 1;
    this.state.hashWeight = this.state.weight > 0 ? this.state.weight : 1;
  }

  /**
   * Weight during slow start: `weight * max(10 %, elapsed / ramp)` (Envoy's curve, aggression 1); else the weight.
   * Computed at the pick, so that no timer is needed.
   */
  effectiveWeight(nowMs: number): number {
    const { slowStartAt, slowStartMs, weight } = this.state;
    if (slowStartAt < 0) return weight;
    const share = (nowMs - slowStartAt) / slowStartMs;
    if (share >= 1) {
      this.state.slowStartAt = -1;
      return weight;
    }
    return weight * Math.max(0.1, share);
  }
}
