// The members of a running pool: who joins, who leaves, and what happens when one of them flips.
import type { Clock } from '../core/clock.js';
import type { HealthFlip } from '../health/health-checker.js';
import type { DrainResult } from '../model/events.js';
import type { AdminState, LastCheck } from '../model/member.js';
import type { PoolConfig } from '../spec/config.js';
import type { Strategy } from '../strategy/strategy.js';
import type { Announcer } from './announcer.js';
import type { Tables } from './chooser.js';
import { Drain } from './drain.js';
import { Ejector, type EjectorHost } from './ejector.js';
import type { HealthCopy } from './health-copy.js';
import type { Lender } from './lender.js';
import { MemberHealth, type MemberHealthHost } from './member-health.js';
import type { DrainOptions } from './options.js';
import type { PooledMember } from './pooled-member.js';
import type { RosterPlan } from './roster.js';

/** @internal The settings that concern members. */
export type MembershipRules = Pick<
  PoolConfig,
  'outlier' | 'slowStart' | 'sessionsOnDown' | 'drain'
>;

/** Tells listeners of something once it has taken effect. */
type News = () => void;

const NO_NEWS: News = () => {};

/** @internal Keeps the members of one pool. */
export class Membership implements EjectorHost, MemberHealthHost {
  readonly health: MemberHealth;
  readonly #lender: Lender;
  readonly #announcer: Announcer;
  readonly #clock: Clock;
  readonly #drains: Set<Drain> = new Set();
  #rules: MembershipRules;
  #members: readonly PooledMember[] = [];
  #byName: ReadonlyMap<string, PooledMember> = new Map();
  #isGathering = true;
  #isEmpty = false;
  #isPanic = false;

  constructor(lender: Lender, announcer: Announcer, clock: Clock, rules: MembershipRules) {
    this.#lender = lender;
    this.#announcer = announcer;
    this.#clock = clock;
    this.#rules = rules;
    this.health = new MemberHealth(this, clock);
    this.configure(rules);
  }

  get members(): readonly PooledMember[] {
    return this.#members;
  }

  get slowStartMs(): number {
    return this.#rules.slowStart;
  }

  find(name: string): PooledMember | undefined {
    return this.#byName.get(name);
  }

  /** Takes other settings. */
  configure(rules: MembershipRules): void {
    this.#rules = rules;
    const lender = this.#lender;
    if (rules.outlier === undefined) {
      lender.ejector?.restoreAll('outlier detection is off');
      lender.ejector = undefined;
    } else if (lender.ejector === undefined) {
      lender.ejector = new Ejector(this, this.#clock, rules.outlier);
    } else {
      lender.ejector.configure(rules.outlier);
    }
  }

  /**
   * The tables for a plan that is still to be carried out; changes nothing.
   * @throws what a strategy of the host's throws
   */
  prepare(plan: RosterPlan, strategy?: Strategy): Tables {
    const takeOff = plan.changed.map(({ member, config, before }) => {
      const isSame = config.weight === before.weight;
      return member.tryOn(isSame ? member.state.weight : config.weight, config.backup);
    });
    try {
      return this.#lender.chooser.draw(plan.members, strategy);
    } finally {
      for (const undo of takeOff) undo();
    }
  }

  /**
   * Makes the members those of the plan. The removed ones are still to be {@link retire}d.
   * @param options - `isLive`: whether the added ones are newcomers to a running pool, or its first members;
   * `tables`: those of {@link prepare}, if that was called before
   */
  carryOut(
    plan: RosterPlan,
    reason: string,
    options: { readonly isLive?: boolean; readonly tables?: Tables } = {},
  ): void {
    const { isLive = !this.#isGathering, tables = this.prepare(plan) } = options;
    this.#members = plan.members;
    this.#byName = new Map(plan.members.map((member) => [member.name, member]));
    const news: News[] = [];
    for (const member of plan.removed) {
      member.isServing = false;
      member.isFit = false;
      member.hasLeft = true;
      this.#lender.counters.onLeaving(member);
      this.health.leave(member);
      this.#lender.ejector?.onLeft(member);
    }
    for (const { member, config, origin, before } of plan.changed) {
      member.config = config;
      member.origin = origin;
      member.backup = config.backup;
      member.maxConnections = config.maxConnections ?? Number.POSITIVE_INFINITY;
      member.labels = config.labels;
      if (config.weight !== before.weight)
        news.push(this.#changeWeight(member, config.weight, reason));
      if (config.state !== before.state) news.push(this.#changeState(member, config.state, reason));
    }
    for (const member of plan.added) this.health.join(member, isLive);
    this.#lender.use(plan.members, tables);
    if (isLive)
      for (const member of plan.added)
        news.push(() => this.#announcer.member('member:added', member, reason));
    this.refresh(reason, ...news);
  }

  /** Waits for the leases of a member that was taken out, and says goodbye to it. */
  async retire(member: PooledMember, options: DrainOptions = {}): Promise<DrainResult> {
    const isBusy = member.state.active > 0;
    if (isBusy) this.#announcer.member('member:draining', member, 'removed');
    const drain = this.#wait(member, options);
    const result = await drain.result;
    this.#drains.delete(drain);
    this.#lender.counters.onGone(member);
    if (isBusy && drain.isDone) this.#announcer.drained(member, result);
    this.#announcer.removed(member, result);
    return result;
  }

  /** Waits for the leases of a member that takes no new clients. */
  async drain(member: PooledMember, options: DrainOptions): Promise<DrainResult> {
    this.#announcer.member('member:draining', member, 'drained by hand');
    const drain = this.#wait(member, options);
    const result = await drain.result;
    this.#drains.delete(drain);
    if (drain.isDone) this.#announcer.drained(member, result);
    return result;
  }

  /** The tables with another weight of one member; changes nothing. @throws what a strategy of the host's throws */
  prepareWeight(member: PooledMember, weight: number): Tables {
    const undo = member.tryOn(weight, member.backup);
    try {
      return this.#lender.chooser.draw(this.#members);
    } finally {
      undo();
    }
  }

  /** Changes a weight; hash tables keep the slots of a member whose weight becomes 0. */
  setWeight(member: PooledMember, weight: number, tables: Tables): void {
    const reason = 'set by hand';
    const news = this.#changeWeight(member, weight, reason);
    this.#lender.chooser.use(this.#members, tables);
    this.refresh(reason, news);
  }

  /** Changes the operator's will. */
  setState(member: PooledMember, state: AdminState, reason: string): void {
    if (member.state.admin === state) return;
    this.refresh(reason, this.#changeState(member, state, reason));
  }

  /** Works out anew who serves, tells what led to it, and then whether the pool as a whole flipped: listeners see the new state. */
  refresh(reason: string, ...news: readonly News[]): void {
    this.#lender.refresh();
    for (const tell of news) tell();
    if (!this.#isGathering) this.#announceFlips(reason);
  }

  /** The first members are being gathered: nothing is said of the pool as a whole. */
  gather(): void {
    this.#isGathering = true;
  }

  /** The first members are there. With a reason, an empty pool or a panic is told now; without, it is taken as known. */
  settle(reason?: string): void {
    this.#isGathering = false;
    const { mode } = this.#lender.chooser.serving;
    this.#isEmpty = reason === undefined && mode === 'none';
    this.#isPanic = reason === undefined && mode === 'panic';
    if (reason !== undefined) this.#announceFlips(reason);
  }

  /** Stops watching and gives up all drains. */
  close(): void {
    for (const member of this.#members) this.health.leave(member);
    // Leases that end later must not start new ejections.
    this.#lender.ejector?.close();
    this.#lender.ejector = undefined;
    for (const drain of this.#drains) drain.interrupt();
  }

  /** Takes another node's knowledge of a member: see docs/ha.md. */
  adopt(name: string, { down, ejectedMs }: HealthCopy): void {
    const member = this.#byName.get(name);
    if (member === undefined) return;
    this.health.doubt(member, down);
    this.#lender.ejector?.adopt(member, ejectedMs);
  }

  onHealth(member: PooledMember, flip: HealthFlip): void {
    const event = flip.state === 'up' ? 'member:up' : 'member:down';
    this.refresh(`member ${member.name} is ${flip.state}: ${flip.reason}`, () =>
      this.#announcer.member(event, member, flip.reason),
    );
    if (flip.state === 'down' && this.#rules.sessionsOnDown === 'close')
      member.revokeAll(`member is down: ${flip.reason}`);
  }

  onCheck(member: PooledMember, check: LastCheck, rise: number): void {
    this.#lender.ejector?.onCheck(member, check.ok, rise);
  }

  onDrainAsked(member: PooledMember, isDraining: boolean): void {
    const reason = isDraining ? 'its check asks for it' : 'its check no longer asks for a drain';
    this.refresh(reason, () => {
      if (isDraining) this.#announcer.member('member:draining', member, reason);
      else this.#announcer.state(member, member.state.admin, reason);
    });
  }

  onFirstGoodCheck(member: PooledMember): void {
    this.refresh(`member ${member.name} passed its first check`);
  }

  onEjected(member: PooledMember, untilMs: number, reason: string): void {
    this.refresh(`member ${member.name} was ejected: ${reason}`, () =>
      this.#announcer.ejected(member, untilMs, reason),
    );
  }

  onRestored(member: PooledMember, reason: string): void {
    this.refresh(`member ${member.name} was restored: ${reason}`, () =>
      this.#announcer.member('member:restored', member, reason),
    );
  }

  #wait(member: PooledMember, options: DrainOptions): Drain {
    const deadlineMs = options.deadlineMs ?? this.#rules.drain.timeout;
    const drain = new Drain(member, this.#clock, { ...options, deadlineMs });
    this.#drains.add(drain);
    return drain;
  }

  #changeWeight(member: PooledMember, weight: number, reason: string): News {
    if (member.state.weight === weight) return NO_NEWS;
    member.setWeight(weight);
    return () => this.#announcer.weight(member, reason);
  }

  #changeState(member: PooledMember, state: AdminState, reason: string): News {
    if (member.state.admin === state) return NO_NEWS;
    member.state.admin = state;
    if (state === 'ready') for (const drain of member.drains ?? []) drain.interrupt();
    return () => this.#announcer.state(member, state, reason);
  }

  #announceFlips(reason: string): void {
    const { mode } = this.#lender.chooser.serving;
    const isEmpty = mode === 'none';
    if (isEmpty !== this.#isEmpty) {
      this.#isEmpty = isEmpty;
      if (isEmpty) this.#announcer.empty(reason);
    }
    const isPanic = mode === 'panic';
    if (isPanic !== this.#isPanic) {
      this.#isPanic = isPanic;
      this.#announcer.panic(isPanic, reason);
    }
  }
}
