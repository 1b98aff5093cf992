// A group of members behind one question: `acquire`.
import { isDeepStrictEqual } from 'node:util';
import { Emitter } from '../core/emitter.js';
import { createEnvironment, type Environment } from '../core/environment.js';
import { EvenkeelError } from '../core/errors.js';
import { didYouMean } from '../core/nearest.js';
import type { BalancerEvents, DrainResult } from '../model/events.js';
import type { AdminState, Member } from '../model/member.js';
import type { PickContext } from '../model/pick-context.js';
import type { PoolStatus } from '../model/status.js';
import type { MemberConfig, PoolConfig } from '../spec/config.js';
import type { MemberSpec } from '../spec/member.js';
import { parseMember } from '../spec/parse.js';
import type { MemoryStickyStore } from '../sticky/memory-store.js';
import type { RequestCookie } from '../sticky/request-cookie.js';
import { Announcer } from './announcer.js';
import { type Blueprint, drawBlueprint } from './blueprint.js';
import { Chooser, type Tables } from './chooser.js';
import { createStickiness } from './create-stickiness.js';
import { DiscoveryFeed } from './discovery/feed.js';
import { describeFault } from './discovery/polling.js';
import { copyHealth, type HealthCopy } from './health-copy.js';
import type { Lease, PendingLease, Refusal } from './lease.js';
import { Lender } from './lender.js';
import { Membership } from './membership.js';
import type { DrainOptions, PoolDependencies, PoolOptions } from './options.js';
import { describePool } from './pool-status.js';
import type { PooledMember } from './pooled-member.js';
import { RetryPolicy } from './retry-policy.js';
import { planRoster, type RosterPlan } from './roster.js';
import type { Stickiness } from './stickiness.js';

/**
 * Members and how to choose among them. Holds no socket: data paths ask it for a member, use it, and give it back.
 *
 * @example
 * ```ts
 * const pool = new Pool({ name: 'web', members: ['10.0.0.1:80', '10.0.0.2:80'], health: 'tcp:5s' });
 * await pool.start();
 * const answer = await pool.acquire(createPickContext({ source: '192.0.2.7' }));
 * if (answer.kind === 'lease') answer.release('ok');
 * ```
 */
export class Pool {
  readonly name: string;
  readonly events: Emitter<BalancerEvents>;
  readonly #environment: Environment;
  readonly #dependencies: PoolDependencies;
  readonly #lender: Lender;
  readonly #membership: Membership;
  readonly #announcer: Announcer;
  readonly #feed: DiscoveryFeed;
  #parts: Blueprint;
  #retries: RetryPolicy;
  #clientChanged: ((key: string) => void) | undefined;
  #starting: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
  readonly #closed: AbortController = new AbortController();

  /**
   * Cheap: opens nothing, asks nobody. A pool that is never started still lends: its members count as usable.
   *
   * @throws SpecError with every fault of the options
   * @throws EvenkeelError `EK_UNKNOWN_NAME` if `health` names a monitor that the host does not have,
   * `EK_PROBE`, `EK_DISCOVERY` or `EK_STORE` if an extension is missing
   */
  constructor(options: PoolOptions | PoolConfig, dependencies: PoolDependencies = {}) {
    this.#dependencies = dependencies;
    this.#environment = createEnvironment(dependencies.environment);
    this.#parts = drawBlueprint(options, dependencies, this.#environment);
    const { config, strategy } = this.#parts;
    const { clock } = this.#environment;
    this.name = config.name;
    this.events = dependencies.events ?? new Emitter();
    this.#retries = new RetryPolicy(config.retries);
    this.#announcer = new Announcer(config.name, this.events, clock);
    const chooser = new Chooser(strategy, config, (error) =>
      this.#announcer.strategyFailed(describeFault(error)),
    );
    this.#lender = new Lender(config.name, chooser, clock, config.queue);
    this.#lender.bindBy(this.#drawStickiness(config));
    this.#membership = new Membership(this.#lender, this.#announcer, clock, config);
    this.#feed = new DiscoveryFeed({
      onDiscovered: (members, reason, isBack) => this.#onDiscovered(members, reason, isBack),
      onDiscoveryFailed: (reason) => this.#announcer.discoveryFailed(reason),
    });
    this.#membership.carryOut(planRoster([], config.members, []), '', { isLive: false });
    this.#membership.settle();
  }

  /** The settings, with every live edit in them; frozen. */
  get config(): PoolConfig {
    return this.#parts.config;
  }

  /** @internal Whether members are chosen by code of the host's, which may ask for anything. */
  get hasStrategyOfHost(): boolean {
    return this.#parts.isStrategyOfHost;
  }

  /** @internal The host's code that it was built with, by name. */
  get extensions(): Readonly<Record<string, unknown>> {
    return this.#dependencies.extensions ?? {};
  }

  /** The cookie that keeps clients with their members, where members are not to see it as it comes. */
  get requestCookie(): RequestCookie | undefined {
    return this.#lender.requestCookie;
  }

  /** @internal Where its sticky clients are remembered in this process; undefined = nowhere here. */
  get clients(): MemoryStickyStore | undefined {
    return this.#lender.stickiness?.table;
  }

  /** @internal Tells `changed` of clients whose entry changed, whatever the settings become; undefined = nobody any more. */
  watchClients(changed: ((key: string) => void) | undefined): void {
    this.#clientChanged = changed;
    this.clients?.watch(changed);
  }

  /** @internal Its member as a copy for other nodes; undefined = there is none. */
  healthOf(name: string): HealthCopy | undefined {
    const member = this.#membership.find(name);
    return member === undefined
      ? undefined
      : copyHealth(member.state, this.#environment.clock.now());
  }

  /** @internal What another node knows of a member. */
  adoptHealth(name: string, copy: HealthCopy): void {
    this.#membership.adopt(name, copy);
  }

  /** Whether and when to try again; one object until the retry settings change. */
  get retries(): RetryPolicy {
    return this.#retries;
  }

  /** Everybody who is in the pool: the listed ones in their order, then the discovered. */
  get members(): readonly Member[] {
    return this.#membership.members;
  }

  /** The member with this name. */
  member(name: string): Member | undefined {
    return this.#membership.find(name);
  }

  /**
   * Begins health checks and discovery; resolves when discovery has answered, or failed, once. Calling it again changes nothing.
   *
   * @throws EvenkeelError `EK_CLOSED`
   */
  start(): Promise<void> {
    if (this.#closing !== undefined) return Promise.reject(this.#closedError());
    this.#starting ??= this.#begin();
    return this.#starting;
  }

  /** Aborted once the pool is closed: what belongs to it lets go then. */
  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  /** Refuses everybody from now on and stops checks and discovery. Open leases go on and may be released later. Safe to call twice. */
  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /**
   * A member for this client: at once, after a wait in the queue, or a refusal with its reason. Never throws, never rejects.
   * The context is not kept.
   */
  acquire(context: PickContext): Lease | Refusal | PendingLease {
    return this.#lender.acquire(context);
  }

  /** @internal Whether somebody is left for this client whom it has not tried: else there is nothing to pause for. O(members). */
  hasUntried(context: PickContext): boolean {
    return this.#lender.chooser.hasCandidate(context);
  }

  /**
   * Adds a member. In a started pool with health checks it takes clients after its first good check, or when nobody else can.
   *
   * @throws SpecError for a member with faults
   * @throws EvenkeelError `EK_IN_USE` if the name is taken, `EK_CLOSED`
   */
  add(spec: MemberSpec | string): Member {
    this.#assertOpen();
    const { defaultPort } = this.config;
    const config = parseMember(spec, defaultPort === undefined ? {} : { defaultPort });
    if (this.#membership.find(config.name) !== undefined)
      throw new EvenkeelError('EK_IN_USE', `pool "${this.name}" has a member "${config.name}"`);
    this.#list([...this.config.members, config], 'added by hand');
    this.#feed.readmit(config.name);
    return this.#require(config.name);
  }

  /**
   * Takes a member out at once, waits for its leases as {@link drain} does, and then forgets it.
   *
   * @throws EvenkeelError `EK_UNKNOWN_NAME`, `EK_CLOSED` (as a rejection)
   */
  async remove(name: string, options: DrainOptions = {}): Promise<DrainResult> {
    this.#assertOpen();
    const member = this.#require(name);
    const others = this.config.members.filter((config) => config.name !== name);
    this.#feed.dismiss(name);
    try {
      this.#list(others, 'removed by hand');
    } catch (error) {
      this.#feed.readmit(name);
      throw error;
    }
    return this.#membership.retire(member, options);
  }

  /**
   * Changes a weight, 0-256; with 0 a member takes no new clients. Work in flight goes on.
   *
   * @throws EvenkeelError `EK_UNKNOWN_NAME`, `EK_SPEC_INVALID`, `EK_CLOSED`
   */
  setWeight(name: string, weight: number): void {
    this.#assertOpen();
    const member = this.#require(name);
    if (!Number.isInteger(weight) || weight < 0 || weight > 256)
      throw new EvenkeelError(
        'EK_SPEC_INVALID',
        `member "${name}": weight must be a whole number 0-256, got ${weight}`,
        { side: 'client' },
      );
    if (weight === member.state.weight) return;
    const tables = this.#membership.prepareWeight(member, weight);
    this.#editMember(member, { weight });
    this.#membership.setWeight(member, weight, tables);
  }

  /**
   * Changes the operator's will: `ready`, `drain` (no new clients) or `maintenance` (the same, and its own clients count as homeless).
   *
   * @throws EvenkeelError `EK_UNKNOWN_NAME`, `EK_SPEC_INVALID`, `EK_CLOSED`
   */
  setState(name: string, state: AdminState): void {
    this.#assertOpen();
    const member = this.#require(name);
    if (state !== 'ready' && state !== 'drain' && state !== 'maintenance')
      throw new EvenkeelError(
        'EK_SPEC_INVALID',
        `member "${name}": state must be ready, drain or maintenance, got "${String(state)}"`,
        { side: 'client' },
      );
    this.#editMember(member, { state });
    this.#membership.setState(member, state, 'set by hand');
  }

  /**
   * Sets a member to `drain` and waits until its leases have ended. At the deadline the rest is revoked and counted as aborted;
   * what has no owner to revoke it, and everything when `signal` aborts or the member is set ready again, is still open.
   *
   * @throws EvenkeelError `EK_UNKNOWN_NAME`, `EK_CLOSED` (as a rejection)
   */
  async drain(name: string, options: DrainOptions = {}): Promise<DrainResult> {
    this.setState(name, 'drain');
    return this.#membership.drain(this.#require(name), options);
  }

  /**
   * Takes new settings while it runs: all of them, or none when it throws. Members are known by name and keep their work in flight;
   * another address is another member. A strategy of the same kind keeps its place. An instance that was given as strategy or
   * health checker is not part of {@link config}: it stays until the settings name another (`'round-robin'`, `'none'`).
   *
   * @throws SpecError with every fault, and what `build` of a strategy of your own throws
   * @throws EvenkeelError as the constructor, `EK_STATE` for another pool's name, `EK_CLOSED`
   */
  update(options: PoolOptions | PoolConfig): void {
    this.#assertOpen();
    const before = this.#parts;
    // Everything that may throw comes first.
    const next = drawBlueprint(options, this.#dependencies, this.#environment, before);
    const { config } = next;
    if (config.name !== this.name)
      throw new EvenkeelError('EK_STATE', `pool "${this.name}" can't become "${config.name}"`);
    const { members, health } = this.#membership;
    const discovered = next.discovery === undefined ? [] : this.#feed.members;
    const plan = planRoster(members, config.members, discovered);
    const tables = this.#membership.prepare(plan, next.strategy);
    const stickiness = isDeepStrictEqual(config.sticky, before.config.sticky)
      ? this.#lender.stickiness
      : this.#drawStickiness(config);

    this.#parts = next;
    if (!isDeepStrictEqual(config.retries, before.config.retries))
      this.#retries = new RetryPolicy(config.retries);
    this.#lender.configure(next.strategy, config);
    if (stickiness !== this.#lender.stickiness) {
      this.clients?.watch(undefined);
      this.#lender.bindBy(stickiness);
      this.clients?.watch(this.#clientChanged);
    }
    this.#membership.configure(config);
    if (this.#starting !== undefined) {
      if (next.checker !== before.checker) health.replace(next.checker, members);
      if (next.discovery !== before.discovery) void this.#feed.follow(next.discovery);
    }
    if (before.ownsChecker && next.checker !== before.checker) void before.checker?.close();
    this.#carryOut(plan, 'updated', tables);
  }

  /** The pool at this moment, frozen. O(members). */
  status(): PoolStatus {
    const { members } = this.#membership;
    return describePool(this.name, this.#lender, members, this.#environment.clock.now());
  }

  #drawStickiness(config: PoolConfig): Stickiness | undefined {
    const { chooser, stickiness } = this.#lender;
    const { clock } = this.#environment;
    const { extensions = {} } = this.#dependencies;
    const listener = this.#announcer;
    return createStickiness(config, { chooser, clock, listener, extensions }, stickiness);
  }

  async #begin(): Promise<void> {
    const { checker, discovery } = this.#parts;
    this.#membership.gather();
    this.#membership.health.begin(checker, this.#membership.members);
    this.#membership.refresh('the pool started');
    if (discovery !== undefined) await this.#feed.follow(discovery);
    if (this.#closing === undefined) this.#membership.settle('the pool started');
  }

  async #end(): Promise<void> {
    this.#lender.close();
    this.#membership.close();
    this.#closed.abort();
    const { checker, ownsChecker } = this.#parts;
    await Promise.all([this.#feed.close(), ownsChecker ? checker?.close() : undefined]);
  }

  #onDiscovered(members: readonly MemberConfig[], reason: string, isBack: boolean): void {
    const plan = planRoster(this.#membership.members, this.config.members, members);
    this.#carryOut(plan, reason);
    const [added, removed] = [plan.added.length, plan.removed.length];
    if (isBack || added > 0 || removed > 0) this.#announcer.discovery(added, removed, reason);
  }

  /** Makes the listed members these. */
  #list(members: readonly MemberConfig[], reason: string): void {
    const plan = planRoster(this.#membership.members, members, this.#feed.members);
    const tables = this.#membership.prepare(plan);
    this.#editConfig(members);
    this.#membership.carryOut(plan, reason, { isLive: true, tables });
  }

  /** Who is removed here is waited for in the background. */
  #carryOut(plan: RosterPlan, reason: string, tables?: Tables): void {
    this.#membership.carryOut(plan, reason, tables === undefined ? {} : { tables });
    for (const member of plan.removed) void this.#membership.retire(member);
  }

  /** Writes a live edit into the settings. A discovered member has none: its next answer knows nothing of the edit. */
  #editMember(member: PooledMember, change: Partial<MemberConfig>): void {
    if (member.origin !== 'listed') return;
    member.config = Object.freeze({ ...member.config, ...change });
    this.#editConfig(
      this.config.members.map((config) => (config.name === member.name ? member.config : config)),
    );
  }

  #editConfig(members: readonly MemberConfig[]): void {
    const config = Object.freeze({ ...this.config, members: Object.freeze(members) });
    this.#parts = { ...this.#parts, config };
  }

  #require(name: string): PooledMember {
    const member = this.#membership.find(name);
    if (member !== undefined) return member;
    const known = this.#membership.members.map((other) => other.name);
    throw new EvenkeelError(
      'EK_UNKNOWN_NAME',
      `pool "${this.name}" has no member "${name}"${didYouMean(name, known)}`,
    );
  }

  #assertOpen(): void {
    if (this.#closing !== undefined) throw this.#closedError();
  }

  #closedError(): EvenkeelError {
    return new EvenkeelError('EK_CLOSED', `pool "${this.name}" is closed`);
  }
}
