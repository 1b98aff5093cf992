// The queue of a pool: clients that wait until a member has a place for them, first come, first served.
import type { Clock, ClockTimer } from '../core/clock.js';
import type { Member } from '../model/member.js';
import type { AttributeKind, PickContext } from '../model/pick-context.js';
import type { Lease, Refusal, RefusalReason } from './lease.js';
import { LeaseWait } from './lease-wait.js';
import type { PooledMember } from './pooled-member.js';
import { refusal } from './refusal.js';
import type { Binding } from './stickiness.js';

/** @internal What the queue asks of its pool. */
export interface QueueHost {
  /** A lease, a reason to refuse, the member to wait for, or undefined: any member will do. */
  tryAgain(context: QueuedContext): Lease | Refusal | PooledMember | undefined;
  /** Somebody leaves the queue with this answer. */
  onServed(place: QueuedLease, answer: Lease | Refusal): void;
}

/**
 * A copy of a question, since the asker's own object is reused.
 * Attributes are copied as the strategy asks for them before the copy is sealed; later picks find them here.
 */
export class QueuedContext implements PickContext {
  readonly source: string;
  nowMs: number;
  readonly tried: readonly Member[];
  /** Whom the client belongs to; undefined = the pool is not sticky. */
  readonly binding: Binding | undefined;
  #original: PickContext | undefined;
  readonly #attributes: Map<string, string | undefined> = new Map();

  constructor(original: PickContext, binding?: Binding) {
    this.binding = binding;
    this.source = original.source;
    this.nowMs = original.nowMs;
    this.tried = original.tried.length > 0 ? [...original.tried] : original.tried;
    this.#original = original;
  }

  attribute(kind: AttributeKind, name: string): string | undefined {
    const key = `${kind} ${name}`;
    if (this.#original !== undefined && !this.#attributes.has(key))
      this.#attributes.set(key, this.#original.attribute(kind, name));
    return this.#attributes.get(key);
  }

  /** Lets go of the asker's object. */
  seal(): void {
    this.#original = undefined;
  }
}

/** @internal One place in the queue. */
export class QueuedLease extends LeaseWait {
  readonly context: QueuedContext;
  /** The member this client belongs to; undefined = any will do. */
  wants: PooledMember | undefined = undefined;
  next: QueuedLease | undefined = undefined;
  previous: QueuedLease | undefined = undefined;
  timer: ClockTimer | undefined = undefined;
  /** Monotonic ms at which it came. */
  readonly since: number;
  readonly #queue: LeaseQueue;

  constructor(queue: LeaseQueue, context: QueuedContext, since: number) {
    super();
    this.#queue = queue;
    this.context = context;
    this.since = since;
  }

  cancel(): void {
    this.#queue.settle(this, refusal('cancelled'));
  }
}

/** @internal A bounded first-in first-out line. Invariant: nobody in it could be served at this moment. */
export class LeaseQueue {
  readonly #host: QueueHost;
  readonly #clock: Clock;
  #head: QueuedLease | undefined;
  #tail: QueuedLease | undefined;
  #length = 0;
  /** How many wait for no member in particular. */
  #unbound = 0;
  #isServing = false;

  constructor(host: QueueHost, clock: Clock) {
    this.#host = host;
    this.#clock = clock;
  }

  get length(): number {
    return this.#length;
  }

  /** Puts a client at the end; `wants` = the member it belongs to. */
  add(context: QueuedContext, wants: PooledMember | undefined, timeoutMs: number): QueuedLease {
    const place = new QueuedLease(this, context, this.#clock.now());
    place.previous = this.#tail;
    if (this.#tail === undefined) this.#head = place;
    else this.#tail.next = place;
    this.#tail = place;
    this.#length++;
    this.#unbound++;
    this.#bind(place, wants);
    place.timer = this.#clock.schedule(timeoutMs, () =>
      this.settle(place, refusal('queue-timeout')),
    );
    return place;
  }

  /** `member` has a place again: the first who can use it gets it. */
  onPlace(member: PooledMember): void {
    if (this.#length > 0 && (this.#unbound > 0 || member.waiting > 0)) this.#serve(member);
  }

  /** Something flipped: everybody is asked anew. */
  onFlip(): void {
    if (this.#length > 0) this.#serve(undefined);
  }

  /** Everybody leaves with this reason. */
  refuseAll(reason: RefusalReason): void {
    while (this.#head !== undefined) this.settle(this.#head, refusal(reason));
  }

  /** Takes a place out of the line with its answer; harmless when it is out already. */
  settle(place: QueuedLease, answer: Lease | Refusal): void {
    if (place.isSettled) return;
    this.#bind(place, undefined);
    this.#unbound--;
    this.#length--;
    if (place.previous === undefined) this.#head = place.next;
    else place.previous.next = place.next;
    if (place.next === undefined) this.#tail = place.previous;
    else place.next.previous = place.previous;
    place.timer?.cancel();
    this.#host.onServed(place, answer);
    place.resolve(answer);
  }

  #serve(freed: PooledMember | undefined): void {
    // Granting runs no foreign code, but a strategy might release a lease: once at a time.
    if (this.#isServing) return;
    this.#isServing = true;
    const nowMs = this.#clock.now();
    let place = this.#head;
    while (place !== undefined) {
      const { next } = place;
      if (freed === undefined || place.wants === undefined || place.wants === freed) {
        place.context.nowMs = nowMs;
        const answer = this.#host.tryAgain(place.context);
        if (answer === undefined || !('kind' in answer)) this.#bind(place, answer);
        else this.settle(place, answer);
        if (freed?.isFull === true) break;
      }
      place = next;
    }
    this.#isServing = false;
  }

  #bind(place: QueuedLease, wants: PooledMember | undefined): void {
    if (place.wants === wants) return;
    if (place.wants === undefined) this.#unbound--;
    else place.wants.waiting--;
    if (wants === undefined) this.#unbound++;
    else wants.waiting++;
    place.wants = wants;
  }
}
