// A member as its pool sees it: the public member plus whether it serves now, and the leases on it.
import { parseHostPort } from '../core/address.js';
import { EvenkeelError, throwLater } from '../core/errors.js';
import { Member } from '../model/member.js';
import type { MemberConfig } from '../spec/config.js';
import type { Lease } from './lease.js';

/** Where a member comes from: the pool's own list, or discovery. */
export type MemberOrigin = 'listed' | 'discovered';

/** @internal A lease in its member's list. */
export interface LinkedLease extends Lease {
  readonly isReleased: boolean;
  next: LinkedLease | undefined;
  previous: LinkedLease | undefined;
}

/** @internal Somebody who waits for a member's leases to end. */
export interface ReleaseWatcher {
  onRelease(): void;
  /** Nobody is to wait any more. */
  interrupt(): void;
}

/** @internal Everything the pool keeps of one member; created whole, so that picks see one hidden class. */
export class PooledMember extends Member {
  // Settings that may change while the member lives on; the base class fixes them for everybody else.
  declare backup: boolean;
  declare maxConnections: number;
  declare labels: Readonly<Record<string, string>>;
  /** What it was built from; `address` and `name` never change. */
  config: MemberConfig;
  origin: MemberOrigin;
  /** Fit by itself: ready, not down, weight above 0, not ejected, not draining. Set by `markServing`. */
  isFit = false;
  /** In the set that takes new clients now. Set by `markServing`. */
  isServing = false;
  /** Taken out of the pool, or replaced by another of its name. */
  hasLeft = false;
  /** Added live to a pool with checks: not used before its first good check unless nobody else is left. */
  awaitsFirstCheck = false;
  /** Head of the leases on it. */
  firstLease: LinkedLease | undefined = undefined;
  /** Clients queued for this very member. */
  waiting = 0;
  /** Drains that wait for its leases; undefined on the fast path. */
  drains: ReleaseWatcher[] | undefined = undefined;
  /** Stops its health watching. */
  unwatch: (() => void) | undefined = undefined;

  /** @throws EvenkeelError `EK_ADDRESS` if the address is not `host:port` */
  constructor(config: MemberConfig, origin: MemberOrigin) {
    const address = parseHostPort(config.address);
    if (address === undefined || address.host === '')
      throw new EvenkeelError(
        'EK_ADDRESS',
        `member "${config.name}": address must be host:port, got "${config.address}"`,
      );
    super({
      name: config.name,
      host: address.host,
      port: address.port,
      weight: config.weight,
      backup: config.backup,
      maxConnections: config.maxConnections ?? Number.POSITIVE_INFINITY,
      state: config.state,
      labels: config.labels,
    });
    this.config = config;
    this.origin = origin;
  }

  /** Whether it has no place left. */
  get isFull(): boolean {
    return this.state.active >= this.maxConnections;
  }

  /** Weight for picks and hash tables; a weight of 0 leaves the hash tables as they are. */
  setWeight(weight: number): void {
    this.state.weight = weight;
    if (weight > 0) this.state.hashWeight = weight;
  }

  /** Puts a weight and a rank on, to see what tables would come of them; returns how to take them off again. */
  tryOn(weight: number, backup: boolean): () => void {
    const before = { backup: this.backup, weight: this.state.weight };
    const { hashWeight } = this.state;
    this.backup = backup;
    this.setWeight(weight);
    return () => {
      this.backup = before.backup;
      this.state.weight = before.weight;
      this.state.hashWeight = hashWeight;
    };
  }

  /** Starts the slow-start ramp, if the pool has one. */
  beginSlowStart(nowMs: number, rampMs: number): void {
    if (rampMs <= 0) return;
    this.state.slowStartAt = nowMs;
    this.state.slowStartMs = rampMs;
  }

  /** A copy of its leases, for loops whose steps release them. */
  openLeases(): LinkedLease[] {
    const leases: LinkedLease[] = [];
    for (let lease = this.firstLease; lease !== undefined; lease = lease.next) leases.push(lease);
    return leases;
  }

  /** Asks the owners for the leases back; returns how many have an owner that could be asked. */
  revokeAll(reason: string): number {
    let revoked = 0;
    for (const lease of this.openLeases()) {
      if (lease.isReleased || lease.owner === undefined) continue;
      revoked++;
      try {
        lease.owner.onRevoke(lease, reason);
      } catch (error) {
        // The others are asked all the same, and the drain ends.
        throwLater(error);
      }
    }
    return revoked;
  }
}
