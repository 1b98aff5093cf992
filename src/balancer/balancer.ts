// The load balancer as one object: built from a spec or from classes, started, changed while it runs, drained, closed.
import { Emitter } from '../core/emitter.js';
import { createEnvironment, type Environment } from '../core/environment.js';
import { EvenkeelError, SpecError } from '../core/errors.js';
import { didYouMean } from '../core/nearest.js';
import { Serial } from '../core/serial.js';
import { TimerWheel } from '../core/timer-wheel.js';
import type { AccessLogTarget } from '../frontend/access-log/log-writer.js';
import type { Frontend } from '../frontend/frontend.js';
import type { HaPair } from '../ha/ha-pair.js';
import { describeDiff } from '../model/describe-diff.js';
import type { ApplyOptions, Engine, StartedAddresses } from '../model/engine.js';
import type { BalancerEvents, BoundAddress, DrainResult } from '../model/events.js';
import type { BalancerStatus } from '../model/status.js';
import type { Pool } from '../pool/pool.js';
import type { BalancerSpec } from '../spec/balancer.js';
import type { BalancerConfig } from '../spec/config.js';
import { diffConfig, type SpecDiff } from '../spec/diff.js';
import { namesFiles, poolNamesFiles } from '../spec/files.js';
import type { HostLimits } from '../spec/limits.js';
import { parseSpec } from '../spec/parse.js';
import type { ServiceSpec } from '../spec/service.js';
import { buildCast } from './build-cast.js';
import { type Cast, Casting } from './cast.js';
import { joinCensus, leaveCensus } from './census.js';
import { Certificates } from './certificates.js';
import { checkPairChange, PairPlace } from './pair.js';
import { type BalancerParts, type SortedParts, sortParts } from './parts.js';
import { Retirement } from './retirement.js';
import { Transition, unlessAborted } from './transition.js';

/** What the host brings and allows; none of it can be said in a spec. */
export interface BalancerOptions {
  /** Time and chance. @defaultValue the machine's */
  readonly environment?: Partial<Environment>;
  /** The host's code, by the names that specs use. @defaultValue none */
  readonly extensions?: Readonly<Record<string, unknown>>;
  /** Bounds for specs, and for the balancers of this process. @defaultValue unlimited */
  readonly limits?: HostLimits;
  /** Whether `exec` monitors may start programs. @defaultValue false */
  readonly allowExec?: boolean;
  /** Where access logs go: a stream, or a function that gets whole lines. @defaultValue standard output */
  readonly accessLog?: AccessLogTarget;
  /** The secret of the pair, at least 16 characters. @defaultValue the environment variable that `ha.secretEnv` names */
  readonly haSecret?: () => string;
  /** Folder that relative paths in specs start from. @defaultValue paths stay as they are */
  readonly baseDir?: string;
}

/**
 * A load balancer in this process.
 *
 * @example
 * ```ts
 * const balancer = new Balancer({
 *   frontends: [{ name: 'public', protocol: 'http', bind: ['127.0.0.1:0'], pool: 'web' }],
 *   pools: [{ name: 'web', members: ['127.0.0.1:3001', '127.0.0.1:3002'], health: 'http:/health:5s' }],
 * });
 * const { public: [address] } = await balancer.start();
 * ```
 */
export class Balancer implements Engine {
  readonly name: string;
  readonly events: Emitter<BalancerEvents> = new Emitter();
  /** What frontends with TLS show their clients. */
  readonly certificates: Certificates;
  readonly #environment: Environment;
  readonly #options: BalancerOptions;
  /** Undefined: it has the default name, which others may have too. */
  readonly #givenName: string | undefined;
  readonly #casting: Casting;
  readonly #serial: Serial = new Serial();
  readonly #retirement: Retirement;
  readonly #ending: AbortController = new AbortController();
  #config: BalancerConfig;
  #cast: Cast;
  #place: PairPlace | undefined;
  #state: BalancerStatus['state'] = 'idle';
  #started: Promise<StartedAddresses> | undefined;
  #drained: Promise<DrainResult> | undefined;
  #closed: Promise<void> | undefined;

  /**
   * Checks everything, opens nothing.
   * @throws SpecError with every fault of the spec, an extension or `allowExec` that is missing included
   * @throws EvenkeelError `EK_PROBE`, `EK_DISCOVERY`, `EK_STORE`, `EK_HA` when an extension is not what it is used as
   */
  constructor(spec: BalancerSpec | ServiceSpec | BalancerParts, options: BalancerOptions = {}) {
    const parts = sortParts(spec, options);
    const extensions = { ...parts.extensions, ...options.extensions };
    this.#options = { ...options, extensions };
    this.certificates = new Certificates(this, options);
    this.#config = this.#parse(parts.spec, parts);
    this.name = this.#config.name;
    this.#givenName = hasName(parts.spec) ? this.name : undefined;
    this.#environment = createEnvironment(options.environment);
    this.#retirement = new Retirement(this.#environment.clock, () =>
      [...this.#cast.frontends.values()].some((frontend) => frontend.isJudging),
    );
    this.#casting = new Casting({
      name: this.name,
      environment: this.#environment,
      wheel: new TimerWheel(this.#environment.clock),
      events: this.events,
      extensions,
      allowExec: options.allowExec ?? false,
      accessLog: options.accessLog,
    });
    this.#cast = buildCast(this.#casting, this.#config, parts);
    this.#place = this.#placePair(parts.pair);
  }

  /** What runs now, live edits included; itself a valid spec. O(size of the spec). */
  get spec(): BalancerConfig {
    const { frontends, pools } = this.#cast;
    return {
      ...this.#config,
      frontends: [...frontends.values()].map((frontend) => frontend.config),
      pools: [...pools.values()].map((pool) => pool.config),
      ...(this.#place === undefined ? {} : { ha: this.#place.config }),
    };
  }

  /** The node of a pair that this balancer is; undefined = it is none. */
  get pair(): HaPair | undefined {
    return this.#place?.pair;
  }

  /**
   * Takes the pair out: it goes on, and the address stays where it is, when the balancer closes.
   * Another balancer takes it as its `ha`. Its priority stays as it was last tracked.
   * @throws EvenkeelError `EK_STATE` when there is none, or when the frontends listen only while it is active
   */
  detachPair(): HaPair {
    const place = this.#place;
    if (place === undefined || place.isListening)
      throw new EvenkeelError('EK_STATE', `balancer "${this.name}" has no pair to detach`);
    place.leave();
    this.#place = undefined;
    this.#config = withoutPair(this.#config);
    return place.pair;
  }

  /** Calls `listener` on every `name`; returns a function that stops it. */
  on<Name extends keyof BalancerEvents>(
    name: Name,
    listener: (payload: BalancerEvents[Name]) => void,
  ): () => void {
    return this.events.on(name, listener);
  }

  /** A pool, for live edits. @throws EvenkeelError `EK_UNKNOWN_NAME` */
  pool(name: string): Pool {
    return this.#find('pool', this.#cast.pools, name);
  }

  /** A frontend. @throws EvenkeelError `EK_UNKNOWN_NAME` */
  frontend(name: string): Frontend {
    return this.#find('frontend', this.#cast.frontends, name);
  }

  /**
   * Begins the health checks and listens: on every address, or on none. A start that fails closes the balancer.
   * Asked again it answers the same, until `drain` or `close`.
   *
   * @param options - `signal` stops a start under way; later it does nothing
   * @returns the real addresses: port 0 has become a port
   * @throws EvenkeelError `EK_BIND`, `EK_IN_USE` (another balancer of this name runs), `EK_LIMIT`, `EK_CLOSED`
   */
  start(options: { readonly signal?: AbortSignal } = {}): Promise<StartedAddresses> {
    this.#started ??= this.#serial.run(() => this.#start(options.signal));
    return this.#started;
  }

  /**
   * Changes what runs to `next`: compares it with what runs now (live edits included), binds what is new, switches, and lets
   * what is gone finish in the background. On any error nothing has changed. Calls wait for each other.
   *
   * @returns what was (or with `dryRun` would be) changed
   * @throws SpecError with every fault; EvenkeelError `EK_BIND` for an address that is taken, `EK_STATE` for another name, `EK_CLOSED`
   */
  apply(next: BalancerSpec | ServiceSpec, options: ApplyOptions = {}): Promise<SpecDiff> {
    return this.#serial.run(async () => {
      this.#refuseClosed();
      try {
        return await this.#apply(next, options.dryRun ?? false);
      } catch (error) {
        if (options.dryRun !== true) this.#reject(error);
        throw error;
      }
    });
  }

  /**
   * Stops accepting, lets what is open finish, and cuts the rest at the deadline. A start or apply under way is given up.
   * Pools and their checks go on until `close`.
   * Asked again it answers the same.
   *
   * @param options - `deadlineMs` from now for everything; @defaultValue each frontend's `drain.timeout`
   */
  drain(options: { readonly deadlineMs?: number } = {}): Promise<DrainResult> {
    if (this.#drained === undefined) {
      this.#started = undefined;
      this.#drained = this.#drain(options.deadlineMs);
      this.#ending.abort(this.#closedError());
    }
    return this.#drained;
  }

  /** Cuts what is open and lets go of every socket and timer; a drain under way ends. Asked again it answers the same. */
  close(): Promise<void> {
    if (this.#closed === undefined) {
      this.#started = undefined;
      this.#closed = this.#close();
    }
    return this.#closed;
  }

  /** Drains by the spec's deadlines, then closes. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#state === 'running' || this.#state === 'draining') await this.drain();
    await this.close();
  }

  /** Everything at this moment: frontends, pools, members, health, counters. O(members). */
  status(): BalancerStatus {
    const { frontends, pools } = this.#cast;
    return {
      name: this.name,
      state: this.#state,
      at: this.#environment.clock.wallTime(),
      frontends: [...frontends.values()].map((frontend) => frontend.status()),
      pools: [...pools.values()].map((pool) => pool.status()),
      ha: this.#place?.pair.status(),
    };
  }

  async #start(signal: AbortSignal | undefined): Promise<StartedAddresses> {
    this.#refuseClosed();
    const isOff =
      signal === undefined ? this.#ending.signal : AbortSignal.any([signal, this.#ending.signal]);
    const { limits } = this.#options;
    try {
      isOff.throwIfAborted();
      joinCensus(this.#givenName, this, limits?.maxBalancers ?? Number.POSITIVE_INFINITY);
      const addresses = await unlessAborted(this.#open(), isOff);
      this.#state = 'running';
      this.events.emit('balancer:started', { at: this.#now(), reason: 'every address is bound' });
      return addresses;
    } catch (error) {
      void this.#place?.pair.close();
      // A close under way waits for this start: waiting for it in turn would never end.
      if (this.#closed === undefined) {
        this.#closed = this.#shut();
        await this.#closed;
      }
      throw error;
    }
  }

  async #open(): Promise<StartedAddresses> {
    const { frontends, pools } = this.#cast;
    await Promise.all([...pools.values()].map((pool) => pool.start()));
    const addresses: Record<string, readonly BoundAddress[]> = {};
    const isWaiting = this.#place?.isListening === true;
    for (const [name, frontend] of frontends)
      addresses[name] = isWaiting ? [] : await frontend.listen();
    this.#place?.track();
    await this.#place?.pair.start();
    return addresses;
  }

  async #apply(spec: BalancerSpec | ServiceSpec, dryRun: boolean): Promise<SpecDiff> {
    const next = this.#parse(spec);
    if (next.name !== this.name)
      throw new EvenkeelError(
        'EK_STATE',
        `balancer "${this.name}" can't become "${next.name}": start another one instead`,
        { side: 'client' },
      );
    checkPairChange(this.#place, next.ha);
    const diff = diffConfig(this.spec, next);
    if (dryRun) return diff;
    // Files that the spec names may have changed though it did not.
    const hasFiles = next.frontends.some(namesFiles) || next.pools.some(poolNamesFiles);
    if (!diff.isEmpty || hasFiles) await this.#switchTo(next);
    const { changes } = diff;
    this.events.emit('spec:applied', { at: this.#now(), reason: describeDiff(diff), changes });
    return diff;
  }

  async #switchTo(next: BalancerConfig): Promise<void> {
    const transition = new Transition(this.#casting, this.#cast, next);
    const { cast, retired } = await transition.carryOut({
      isRunning: this.#state === 'running',
      listens: this.#state === 'running' && this.#listens,
      leaving: this.#retirement.frontends,
      signal: this.#ending.signal,
    });
    this.#cast = cast;
    this.#config = next;
    if (next.ha !== undefined) this.#place?.pair.update(next.ha);
    this.#place?.onCastChanged();
    await this.#retirement.add(retired);
  }

  /** Whether frontends listen as long as it runs, and not only while its pair is active. */
  get #listens(): boolean {
    return this.#place?.isListening !== true || this.#place.pair.isActive;
  }

  #placePair(given: HaPair | undefined): PairPlace | undefined {
    const config = this.#config.ha;
    if (config === undefined) return undefined;
    const { extensions = {}, haSecret } = this.#options;
    const listeners = {
      listen: () => this.#serial.run(() => this.#listenAgain()),
      stopListening: () => this.#serial.run(() => this.#stopListening()),
    };
    return new PairPlace({
      config,
      given,
      dependencies: {
        environment: this.#environment,
        extensions,
        listeners,
        ...(haSecret === undefined ? {} : { secret: haSecret }),
      },
      events: this.events,
      cast: () => this.#cast,
    });
  }

  /** All, or none. */
  async #listenAgain(): Promise<void> {
    try {
      for (const frontend of this.#cast.frontends.values()) await frontend.listen();
    } catch (error) {
      await this.#stopListening();
      throw error;
    }
  }

  /** Those that listen finish their work; others like them wait for the next time. */
  async #stopListening(): Promise<void> {
    if (this.#closed !== undefined) return;
    const { pools, monitors, frontends: before } = this.#cast;
    const frontends = new Map<string, Frontend>();
    for (const [name, frontend] of before) {
      const next = this.#casting.frontend(frontend.config, pools);
      // Clients of this node, or of the other one, have spent what they have spent.
      next.limiters.copyFrom(frontend.limiters);
      frontends.set(name, next);
    }
    this.#cast = { pools, monitors, frontends };
    this.#place?.onCastChanged();
    await this.#retirement.add({ frontends: [...before.values()], pools: [], monitors: [] });
  }

  #reject(error: unknown): void {
    const issues = error instanceof SpecError ? error.issues.length : 1;
    const reason = error instanceof Error ? error.message : String(error);
    this.events.emit('spec:rejected', { at: this.#now(), reason, issues });
  }

  async #drain(deadlineMs: number | undefined): Promise<DrainResult> {
    // First of all: who comes from now on goes to the other node.
    await this.#place?.pair.close();
    await this.#serial.idle();
    if (this.#state === 'running') {
      this.#state = 'draining';
      this.events.emit('balancer:draining', { at: this.#now(), reason: 'asked to drain' });
    }
    const frontends = [...this.#cast.frontends.values(), ...this.#retirement.frontends];
    const results = await Promise.all(frontends.map((frontend) => frontend.drain(deadlineMs)));
    return results.reduce(sum, { completed: 0, aborted: 0, stillOpen: 0 });
  }

  async #close(): Promise<void> {
    this.#ending.abort(this.#closedError());
    await this.#place?.pair.close();
    await this.#serial.idle();
    await this.#shut();
  }

  async #shut(): Promise<void> {
    if (this.#state === 'closed') return;
    const { frontends, pools, monitors } = this.#cast;
    await Promise.all([...frontends.values()].map((frontend) => frontend.close()));
    await this.#retirement.close();
    await Promise.all([...pools.values()].map((pool) => pool.close()));
    await Promise.all([...monitors.values()].map((monitor) => monitor.close()));
    leaveCensus(this);
    this.#state = 'closed';
    this.events.emit('balancer:closed', { at: this.#now(), reason: 'closed' });
  }

  #parse(spec: unknown, parts?: SortedParts): BalancerConfig {
    // A pair that was handed over, or runs, has its secret.
    const isSecretKnown = (parts?.pair ?? this.#place) !== undefined;
    return parseSpec(
      spec,
      isSecretKnown ? { ...this.#options, haSecret: () => '' } : this.#options,
    );
  }

  #find<Piece>(kind: string, pieces: ReadonlyMap<string, Piece>, name: string): Piece {
    const piece = pieces.get(name);
    if (piece !== undefined) return piece;
    throw new EvenkeelError(
      'EK_UNKNOWN_NAME',
      `balancer "${this.name}" has no ${kind} "${name}"${didYouMean(name, pieces.keys())}`,
      { side: 'client' },
    );
  }

  #refuseClosed(): void {
    const isOver = this.#closed !== undefined || this.#drained !== undefined;
    if (isOver) throw this.#closedError();
  }

  #closedError(): EvenkeelError {
    const state = this.#closed === undefined ? 'draining' : 'closed';
    return new EvenkeelError('EK_CLOSED', `balancer "${this.name}" is ${state}`);
  }

  #now(): number {
    return this.#environment.clock.wallTime();
  }
}

function withoutPair({ ha: _pair, ...rest }: BalancerConfig): BalancerConfig {
  return rest;
}

function hasName(spec: unknown): boolean {
  return (spec as { readonly name?: unknown }).name !== undefined;
}

function sum(a: DrainResult, b: DrainResult): DrainResult {
  return {
    completed: a.completed + b.completed,
    aborted: a.aborted + b.aborted,
    stillOpen: a.stillOpen + b.stillOpen,
  };
}
