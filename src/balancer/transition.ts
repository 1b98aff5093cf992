// One apply: whatever takes time or may fail happens in `prepare`; `commit` is one synchronous step.
import { isDeepStrictEqual } from 'node:util';
import { SpecError, type SpecIssue } from '../core/errors.js';
import type { Frontend, PreparedUpdate } from '../frontend/frontend.js';
import { Handover } from '../frontend/handover.js';
import type { HealthChecker } from '../health/health-checker.js';
import type { Pool } from '../pool/pool.js';
import type { BalancerConfig, FrontendConfig, PoolConfig } from '../spec/config.js';
import { namesFiles } from '../spec/files.js';
import { poolsOfRoute } from '../spec/route-expansion.js';
import { issuesAt } from './at-path.js';
import type { Cast, Casting } from './cast.js';
import { loadClientTls, useClientTls } from './renew-client-tls.js';

/** What a change leaves behind: to be drained, then closed. */
export interface Retired {
  readonly frontends: readonly Frontend[];
  readonly pools: readonly Pool[];
  readonly monitors: readonly HealthChecker[];
}

/** What a change is prepared with. */
export interface TransitionOptions {
  /** Whether new pools check at once: the balancer runs. */
  readonly isRunning: boolean;
  /** Whether new frontends listen at once: not those of a backup that shares its host with the active one. */
  readonly listens: boolean;
  /** Frontends that still drain after changes before: they may hold udp addresses. */
  readonly leaving: readonly Frontend[];
  /** Stops the preparation: the balancer closes. */
  readonly signal: AbortSignal;
}

/**
 * The way from what runs to another spec.
 *
 * ```
 *   prepare: make new monitors -> make and start new pools -> bind new addresses, build new handlers
 *            -> close what is in the way of an address, and bind that
 *   switch:  pools take their settings -> frontends switch over
 *   an error up to the first frontend: everything new is closed again, what runs stays as it was
 * ```
 */
export class Transition {
  readonly #casting: Casting;
  readonly #before: Cast;
  readonly #next: BalancerConfig;
  readonly #monitors: Map<string, HealthChecker> = new Map();
  readonly #pools: Map<string, Pool> = new Map();
  readonly #frontends: Map<string, Frontend> = new Map();
  readonly #poolUpdates: { readonly pool: Pool; readonly config: PoolConfig }[] = [];
  readonly #frontendUpdates: PreparedUpdate[] = [];
  readonly #handover: Handover = new Handover();

  constructor(casting: Casting, before: Cast, next: BalancerConfig) {
    this.#casting = casting;
    this.#before = before;
    this.#next = next;
  }

  /**
   * Makes the change; on any error, or when `signal` aborts, undoes what was made and throws.
   * The switch itself is one synchronous step: nobody sees half of it.
   */
  async carryOut(options: TransitionOptions): Promise<{ readonly cast: Cast; retired: Retired }> {
    const clientTls = loadClientTls(this.#next, this.#casting.shared.environment.clock.wallTime());
    try {
      this.#castMonitors();
      await this.#castPools(options);
      await this.#castFrontends(options);
      options.signal.throwIfAborted();
      await this.#handover.complete();
      options.signal.throwIfAborted();
      this.#switchPools();
    } catch (error) {
      await this.#undo();
      throw error;
    }
    useClientTls(this.#pools, clientTls);
    for (const update of this.#frontendUpdates) update.commit();
    const before = this.#before;
    return {
      cast: { frontends: this.#frontends, pools: this.#pools, monitors: this.#monitors },
      retired: {
        frontends: leftOut(before.frontends, this.#frontends),
        pools: leftOut(before.pools, this.#pools),
        monitors: leftOut(before.monitors, this.#monitors),
      },
    };
  }

  /** A pool takes all of its settings or throws; then those before it go back. A pool built by hand may lack what they need. */
  #switchPools(): void {
    const monitorsBefore = this.#casting.monitors;
    this.#casting.monitors = this.#monitors;
    const done: { readonly pool: Pool; readonly config: PoolConfig }[] = [];
    try {
      for (const { pool, config } of this.#poolUpdates) {
        const before = pool.config;
        pool.update(config);
        done.push({ pool, config: before });
      }
    } catch (error) {
      this.#casting.monitors = monitorsBefore;
      for (const { pool, config } of done) pool.update(config);
      throw error;
    }
  }

  #castMonitors(): void {
    for (const config of this.#next.monitors) {
      const present = this.#before.monitors.get(config.name);
      const isSame = present !== undefined && isDeepStrictEqual(present.config, config);
      this.#monitors.set(config.name, isSame ? present : this.#casting.monitor(config));
    }
  }

  async #castPools({ isRunning, signal }: TransitionOptions): Promise<void> {
    const starts: Promise<void>[] = [];
    for (const config of this.#next.pools) {
      const present = this.#before.pools.get(config.name);
      if (present === undefined) {
        const pool = this.#casting.pool(config, this.#monitors);
        this.#pools.set(config.name, pool);
        if (isRunning) starts.push(pool.start());
        continue;
      }
      this.#pools.set(config.name, present);
      if (isDeepStrictEqual(present.config, config) && !this.#hasNewMonitor(config)) continue;
      this.#casting.tryPool(config, this.#monitors);
      this.#poolUpdates.push({ pool: present, config });
    }
    await unlessAborted(Promise.all(starts), signal);
  }

  async #castFrontends({ listens, leaving }: TransitionOptions): Promise<void> {
    const handover = this.#handover;
    const configs = new Map(this.#next.frontends.map((config) => [config.name, config]));
    for (const present of this.#before.frontends.values()) {
      const config = configs.get(present.name);
      const goesOn = config !== undefined && isSameTransport(present.config, config);
      present.offer(handover, goesOn ? config : undefined);
    }
    for (const frontend of leaving) frontend.offer(handover);
    const issues: SpecIssue[] = [];
    for (const [index, config] of this.#next.frontends.entries()) {
      const path = `frontends[${index}]`;
      await this.#castFrontend(config, listens).catch((error: unknown) => {
        if (!(error instanceof SpecError)) throw error;
        issues.push(...issuesAt(path, error));
      });
    }
    if (issues.length > 0) throw new SpecError(issues);
  }

  async #castFrontend(config: FrontendConfig, listens: boolean): Promise<void> {
    const handover = this.#handover;
    const present = this.#before.frontends.get(config.name);
    if (present !== undefined && this.#isUntouched(present.config, config)) {
      this.#frontends.set(config.name, present);
    } else if (present !== undefined && isSameTransport(present.config, config)) {
      this.#frontends.set(config.name, present);
      const lookup = (name: string): Pool | undefined => this.#pools.get(name);
      this.#frontendUpdates.push(await present.prepare(config, lookup, handover));
    } else {
      const frontend = this.#casting.frontend(config, this.#pools);
      this.#frontends.set(config.name, frontend);
      if (listens) this.#frontendUpdates.push(await frontend.prepareListen(handover));
    }
  }

  #hasNewMonitor({ health }: PoolConfig): boolean {
    return (
      typeof health === 'string' && this.#monitors.get(health) !== this.#before.monitors.get(health)
    );
  }

  /** Its own settings and the pools it sends to are the same as before, and there are no files that may have changed. */
  #isUntouched(before: FrontendConfig, next: FrontendConfig): boolean {
    const names = [next.pool, ...next.routes.flatMap(poolsOfRoute)];
    return (
      isDeepStrictEqual(before, next) &&
      !namesFiles(next) &&
      names.every(
        (name) => name === undefined || this.#pools.get(name) === this.#before.pools.get(name),
      )
    );
  }

  async #undo(): Promise<void> {
    for (const update of this.#frontendUpdates) update.abort();
    await this.#handover.restore();
    const { frontends, pools, monitors } = this.#before;
    await Promise.all(leftOut(this.#frontends, frontends).map((frontend) => frontend.close()));
    await Promise.all(leftOut(this.#pools, pools).map((pool) => pool.close()));
    await Promise.all(leftOut(this.#monitors, monitors).map((monitor) => monitor.close()));
  }
}

/** What is in `from` and not, as the same object, in `to`. */
function leftOut<Piece>(
  from: ReadonlyMap<string, Piece>,
  to: ReadonlyMap<string, Piece>,
): readonly Piece[] {
  return [...from].filter(([name, piece]) => to.get(name) !== piece).map(([, piece]) => piece);
}

/** Streams become streams in place; between streams and datagrams it takes another frontend. */
function isSameTransport(a: FrontendConfig, b: FrontendConfig): boolean {
  return (a.protocol === 'udp') === (b.protocol === 'udp');
}

/** @internal `work`, or a rejection with the reason of `signal` when that comes first. */
export function unlessAborted<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const aborted = (): void => reject(signal.reason);
    if (signal.aborted) aborted();
    signal.addEventListener('abort', aborted, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', aborted));
  });
}
