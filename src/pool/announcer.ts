// The events of one pool: fills in what every payload has.
import type { Clock } from '../core/clock.js';
import type { Emitter } from '../core/emitter.js';
import type { BalancerEvents, DrainResult } from '../model/events.js';
import type { StoreHealthListener } from '../sticky/store-health.js';
import type { PooledMember } from './pooled-member.js';

type MemberNews =
  | 'member:up'
  | 'member:down'
  | 'member:added'
  | 'member:draining'
  | 'member:restored';

/** @internal Says what happened in a pool, and when. */
export class Announcer implements StoreHealthListener {
  readonly events: Emitter<BalancerEvents>;
  readonly #pool: string;
  readonly #clock: Clock;

  constructor(pool: string, events: Emitter<BalancerEvents>, clock: Clock) {
    this.#pool = pool;
    this.events = events;
    this.#clock = clock;
  }

  member(event: MemberNews, member: PooledMember, reason: string): void {
    this.events.emit(event, this.#about(member, reason));
  }

  ejected(member: PooledMember, untilMs: number, reason: string): void {
    this.events.emit('member:ejected', { ...this.#about(member, reason), untilMs });
  }

  state(member: PooledMember, state: string, reason: string): void {
    this.events.emit('member:state', { ...this.#about(member, reason), state });
  }

  weight(member: PooledMember, reason: string): void {
    const { weight } = member.state;
    this.events.emit('member:weight', { ...this.#about(member, reason), weight });
  }

  drained(member: PooledMember, result: DrainResult): void {
    this.events.emit('member:drained', {
      ...this.#about(member, renderResult(result)),
      ...result,
    });
  }

  removed(member: PooledMember, result: DrainResult): void {
    this.events.emit('member:removed', {
      ...this.#about(member, renderResult(result)),
      ...result,
    });
  }

  panic(active: boolean, reason: string): void {
    this.events.emit('pool:panic', { ...this.#base(reason), active });
  }

  empty(reason: string): void {
    this.events.emit('pool:empty', this.#base(reason));
  }

  discovery(added: number, removed: number, reason: string): void {
    this.events.emit('pool:discovery', { ...this.#base(reason), added, removed });
  }

  discoveryFailed(reason: string): void {
    this.events.emit('pool:discovery-failed', this.#base(reason));
  }

  strategyFailed(reason: string): void {
    this.events.emit('pool:strategy-failed', this.#base(reason));
  }

  onStoreFailed(reason: string): void {
    this.events.emit('sticky:store-failed', this.#base(reason));
  }

  onStoreBack(): void {
    this.events.emit('sticky:store-back', this.#base('the store answers again'));
  }

  #base(reason: string): { pool: string; at: number; reason: string } {
    return { pool: this.#pool, at: this.#clock.wallTime(), reason };
  }

  #about(
    member: PooledMember,
    reason: string,
  ): { pool: string; member: string; at: number; reason: string } {
    return { pool: this.#pool, member: member.name, at: this.#clock.wallTime(), reason };
  }
}

function renderResult({ completed, aborted, stillOpen }: DrainResult): string {
  return `${completed} completed, ${aborted} aborted, ${stillOpen} still open`;
}
