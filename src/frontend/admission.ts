// Who may come in now, who waits at the door, and who is turned away: limits on open connections.
import { type DeadlineOwner, type TimerWheel, WheelTimer } from '../core/timer-wheel.js';
import { processConnections } from './process-connections.js';

/** Connections that wait for a place at once; beyond it they are turned away. */
export const MAX_HELD = 1024;

/** The limits in force. */
export interface AdmissionLimits {
  readonly maxConnections: number;
  /** Infinity = none. */
  readonly maxPerSource: number;
  /** How long a connection is held for a place, ms. */
  readonly holdMs: number;
}

/** Somebody who wants a place. */
export interface Candidate {
  /** There is a place now. */
  onAdmitted(): void;
  /** It was held for `holdMs` and no place came free. */
  onHoldTimeout(): void;
}

/** Told when the door begins and ceases to turn connections away. */
export interface AdmissionOwner {
  /** @param rejected - connections turned away in the overload that ends, 1 when it begins */
  onOverload(active: boolean, rejected: number): void;
}

/**
 * Counts the open connections of a frontend. Node can't pause accept, so a connection past `maxConnections` is accepted
 * and held unread, first come first served, until a place is free or `holdMs` have passed.
 */
export class Admission implements DeadlineOwner {
  limits: AdmissionLimits;
  readonly #owner: AdmissionOwner;
  readonly #timer: WheelTimer;
  readonly #wheel: TimerWheel;
  /** In order of arrival, each with the monotonic ms at which its patience ends. */
  readonly #held: Map<Candidate, number> = new Map();
  readonly #bySource: Map<string, number> = new Map();
  #active = 0;
  #rejected = 0;

  constructor(limits: AdmissionLimits, wheel: TimerWheel, owner: AdmissionOwner) {
    this.limits = limits;
    this.#owner = owner;
    this.#wheel = wheel;
    this.#timer = new WheelTimer(wheel, this);
  }

  /** Connections that have a place. */
  get active(): number {
    return this.#active;
  }

  /** Connections that wait for one. */
  get held(): number {
    return this.#held.size;
  }

  /** Counts one more connection of a client; false = it has its share already. Undo it with `releaseSource`. */
  claimSource(source: string): boolean {
    if (this.limits.maxPerSource === Number.POSITIVE_INFINITY) return true;
    const count = this.#bySource.get(source) ?? 0;
    if (count >= this.limits.maxPerSource) return false;
    this.#bySource.set(source, count + 1);
    return true;
  }

  /** Gives back what `claimSource` counted. */
  releaseSource(source: string): void {
    const count = this.#bySource.get(source);
    if (count === undefined) return;
    if (count <= 1) this.#bySource.delete(source);
    else this.#bySource.set(source, count - 1);
  }

  /** Asks for a place; the admitted give it back with `leave`, the held may `withdraw`. */
  enter(candidate: Candidate): 'admitted' | 'held' | 'refused' {
    if (this.#active < this.limits.maxConnections && this.#held.size === 0) {
      this.#active++;
      processConnections.open++;
      return 'admitted';
    }
    if (this.#held.size >= MAX_HELD) {
      this.#reject();
      return 'refused';
    }
    this.#hold(candidate);
    return 'held';
  }

  /** Stops waiting for a place. */
  withdraw(candidate: Candidate): void {
    this.#held.delete(candidate);
  }

  /** An admitted connection is gone: its place goes to whoever waits longest. */
  leave(): void {
    this.#active--;
    processConnections.open--;
    this.admitHeld();
  }

  /** Lets in as many as there is room for; to be called when the limits have changed. */
  admitHeld(): void {
    for (const candidate of this.#held.keys()) {
      if (this.#active >= this.limits.maxConnections) return;
      this.#held.delete(candidate);
      this.#active++;
      processConnections.open++;
      candidate.onAdmitted();
    }
    if (this.#held.size > 0) return;
    this.#timer.dispose();
    if (this.#rejected === 0) return;
    const rejected = this.#rejected;
    this.#rejected = 0;
    this.#owner.onOverload(false, rejected);
  }

  /** @internal Somebody's patience is at its end. */
  onDeadline(): void {
    let earliest = Number.POSITIVE_INFINITY;
    for (const [candidate, deadline] of this.#held) {
      if (deadline > this.#wheel.nowMs) {
        earliest = Math.min(earliest, deadline);
        continue;
      }
      this.#held.delete(candidate);
      this.#reject();
      candidate.onHoldTimeout();
    }
    if (this.#held.size > 0) this.#timer.arm(earliest - this.#wheel.nowMs);
  }

  /** `holdMs` may have changed: who comes last may be the first to give up. */
  #hold(candidate: Candidate): void {
    const { holdMs } = this.limits;
    const deadline = this.#wheel.deadlineIn(holdMs);
    if (this.#held.size === 0 || deadline < this.#timer.deadlineMs) this.#timer.arm(holdMs);
    this.#held.set(candidate, deadline);
  }

  #reject(): void {
    if (this.#rejected++ === 0) this.#owner.onOverload(true, 1);
  }
}
