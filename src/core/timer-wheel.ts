// One coarse timer for every connection timeout: arming costs a field write, not a system timer.
import type { Clock, ClockTimer } from './clock.js';
import { throwLater } from './errors.js';

/** How precise timeouts of connections are, in milliseconds: they fire up to three ticks late, and not early. */
export const TICK_MS = 20;
const SLOTS = 512;

/**
 * A hashed wheel of {@link WheelTimer}s that share one clock timer.
 * Re-arming to a later time only writes the deadline; the entry moves when its old slot comes up.
 * The clock timer runs only while an entry is linked.
 */
export class TimerWheel {
  readonly #clock: Clock;
  readonly #slots: (WheelTimer | undefined)[] = Array.from({ length: SLOTS });
  #linked = 0;
  #tick: ClockTimer | undefined;
  #position = 0;
  #isTicking = false;
  /** Coarse monotonic milliseconds; refreshed each tick, and on the first arming after a rest. */
  nowMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.nowMs = clock.now();
    this.#position = Math.floor(this.nowMs / TICK_MS);
  }

  /** @internal Gives an entry that is in no slot its deadline and a slot. */
  insert(timer: WheelTimer, delayMs: number): void {
    // In the middle of a tick the position belongs to the slot that is being emptied.
    if (this.#linked === 0 && !this.#isTicking) {
      this.nowMs = this.#clock.now();
      this.#position = Math.floor(this.nowMs / TICK_MS);
    }
    timer.deadlineMs = this.deadlineIn(delayMs);
    this.#link(timer);
    if (!this.#isTicking) this.#tick ??= this.#clock.schedule(TICK_MS, this.#onTick);
  }

  /** @internal Moves an entry whose deadline became earlier than its slot. */
  move(timer: WheelTimer): void {
    this.#detach(timer);
    this.#link(timer);
  }

  /** @internal Takes an entry out of its slot; the wheel rests when it was the last one. */
  remove(timer: WheelTimer): void {
    if (timer.slot < 0) return;
    this.#detach(timer);
    if (this.#linked === 0) this.#rest();
  }

  /** @internal The coarse now may be a tick old: a tick more keeps deadlines from coming early. */
  deadlineIn(delayMs: number): number {
    return this.nowMs + TICK_MS + delayMs;
  }

  #link(timer: WheelTimer): void {
    const due = Math.max(Math.ceil(timer.deadlineMs / TICK_MS), this.#position + 1);
    // A deadline beyond one turn waits in the last slot of this turn and is looked at again there.
    timer.slot = Math.min(due, this.#position + SLOTS - 1);
    const index = timer.slot % SLOTS;
    const head = this.#slots[index];
    timer.next = head;
    timer.previous = undefined;
    if (head !== undefined) head.previous = timer;
    this.#slots[index] = timer;
    this.#linked++;
  }

  #rest(): void {
    this.#tick?.cancel();
    this.#tick = undefined;
  }

  #onTick = (): void => {
    this.nowMs = this.#clock.now();
    this.#isTicking = true;
    const target = Math.floor(this.nowMs / TICK_MS);
    // After a long stall one turn visits every slot.
    const from = Math.max(this.#position + 1, target - SLOTS + 1);
    for (let slot = from; slot <= target; slot++) {
      this.#position = slot;
      this.#expire(slot);
    }
    this.#position = target;
    this.#isTicking = false;
    this.#tick = this.#linked === 0 ? undefined : this.#clock.schedule(TICK_MS, this.#onTick);
  };

  #expire(slot: number): void {
    const index = slot % SLOTS;
    // Nothing is ever linked into the slot that is being emptied, so taking heads ends, whatever owners do meanwhile.
    for (let timer = this.#slots[index]; timer !== undefined; timer = this.#slots[index]) {
      this.#detach(timer);
      if (timer.deadlineMs === Number.POSITIVE_INFINITY) continue; // disarmed meanwhile
      if (timer.deadlineMs > this.nowMs) {
        this.#link(timer);
      } else {
        timer.deadlineMs = Number.POSITIVE_INFINITY;
        this.#fire(timer);
      }
    }
  }

  /** An owner that throws must not stop the deadlines of everybody else. */
  #fire(timer: WheelTimer): void {
    try {
      timer.owner.onDeadline(timer);
    } catch (error) {
      throwLater(error);
    }
  }

  #detach(timer: WheelTimer): void {
    if (timer.previous === undefined) this.#slots[timer.slot % SLOTS] = timer.next;
    else timer.previous.next = timer.next;
    if (timer.next !== undefined) timer.next.previous = timer.previous;
    timer.next = undefined;
    timer.previous = undefined;
    timer.slot = -1;
    this.#linked--;
  }
}

/** Who a {@link WheelTimer} tells that its time is up. */
export interface DeadlineOwner {
  onDeadline(timer: WheelTimer): void;
}

/** One re-armable deadline of one connection; create it once, arm it often, `dispose` it when the connection closes. */
export class WheelTimer {
  readonly owner: DeadlineOwner;
  readonly #wheel: TimerWheel;
  /** Monotonic milliseconds; infinity = not armed. */
  deadlineMs: number = Number.POSITIVE_INFINITY;
  /** @internal Tick number of the slot it is linked in, -1 = in none. */
  slot = -1;
  /** @internal */
  previous: WheelTimer | undefined = undefined;
  /** @internal */
  next: WheelTimer | undefined = undefined;

  constructor(wheel: TimerWheel, owner: DeadlineOwner) {
    this.#wheel = wheel;
    this.owner = owner;
  }

  /** Fires once, `delayMs` from now unless armed again before. */
  arm(delayMs: number): void {
    const wheel = this.#wheel;
    if (this.slot < 0) {
      wheel.insert(this, delayMs);
      return;
    }
    this.deadlineMs = wheel.deadlineIn(delayMs);
    if (this.deadlineMs < this.slot * TICK_MS) wheel.move(this);
  }

  /** Forgets the deadline; stays linked until its slot comes up, so that arming again is cheap. */
  disarm(): void {
    this.deadlineMs = Number.POSITIVE_INFINITY;
  }

  /** Forgets the deadline and leaves the wheel. */
  dispose(): void {
    this.deadlineMs = Number.POSITIVE_INFINITY;
    this.#wheel.remove(this);
  }
}
