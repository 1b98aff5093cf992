// A spec run by a real HAProxy under our control: the same interface as the balancer in this process.
import { sleep } from '../../core/clock.js';
import { Emitter } from '../../core/emitter.js';
import { createEnvironment, type Environment } from '../../core/environment.js';
import { EvenkeelError, SpecError } from '../../core/errors.js';
import { Serial } from '../../core/serial.js';
import type { FidelityReport } from '../../emit/fidelity.js';
import { describeDiff } from '../../model/describe-diff.js';
import type { ApplyOptions, Engine, StartedAddresses } from '../../model/engine.js';
import type { BalancerEvents, DrainResult } from '../../model/events.js';
import type { BalancerStatus } from '../../model/status.js';
import type { BalancerSpec } from '../../spec/balancer.js';
import type { BalancerConfig } from '../../spec/config.js';
import { diffConfig, type SpecDiff } from '../../spec/diff.js';
import { type ParseOptions, parseSpec } from '../../spec/parse.js';
import type { ServiceSpec } from '../../spec/service.js';
import type { Death } from '../process/haproxy-process.js';
import { announce, announceCertificates, announceClosed } from './announce.js';
import { type Candidate, Deployment } from './deployment.js';
import { allCut, drainHaproxy, openByFrontend } from './drain-haproxy.js';
import { Observer } from './observer.js';
import { planChange } from './plan.js';
import { Removals } from './removals.js';
import { runSteps } from './run-steps.js';
import { addressesOf, frontendStatus, poolStatus } from './status-rows.js';

/** Where HAProxy runs, and what the host brings. */
export interface HaproxyEngineOptions extends ParseOptions {
  /** Folder of the engine's own: configurations, sockets, server states. It is made if it is not there; its path is at most some 70 bytes long. */
  readonly directory: string;
  /** The program. @defaultValue `haproxy` of the PATH, /usr/sbin, /usr/local/sbin */
  readonly program?: string;
  /** Configurations kept besides the running one. @defaultValue 5 */
  readonly keep?: number;
  /** Between two looks at HAProxy's counters, ms: how old `status()` and health events may be. @defaultValue 1000 */
  readonly observeMs?: number;
  /** Address of HAProxy's Prometheus exporter, `127.0.0.1:8405`; it answers `/metrics` there. @defaultValue none */
  readonly prometheus?: string;
  /** Time and chance. @defaultValue the machine's */
  readonly environment?: Partial<Environment>;
}

/** How often HAProxy had to be reloaded, and how often commands were enough. */
export interface ApplyCounts {
  readonly reloads: number;
  readonly byCommands: number;
}

/** Pauses before HAProxy is started again, ms; the last one is repeated. */
const REVIVE_MS: readonly number[] = [0, 250, 1000, 2000, 5000, 15_000];

/**
 * Runs a spec on a HAProxy of this machine: writes the configuration, has it checked, starts a master with its workers,
 * and changes it by commands to its socket where HAProxy can do that, else by a reload without loss.
 * A HAProxy that dies is started again with the last good configuration.
 *
 * @example
 * ```ts
 * const engine = new HaproxyEngine(spec, { directory: '/var/lib/evenkeel/web' });
 * await engine.start();
 * ```
 */
export class HaproxyEngine implements Engine {
  readonly name: string;
  readonly events: Emitter<BalancerEvents> = new Emitter();
  readonly #options: HaproxyEngineOptions;
  readonly #environment: Environment;
  readonly #serial: Serial = new Serial();
  readonly #deployment: Deployment;
  readonly #observer: Observer;
  readonly #removals: Removals;
  readonly #ending: AbortController = new AbortController();
  /** Aborted when a drain under way shall not be waited for any more. */
  readonly #cutting: AbortController = new AbortController();
  #config: BalancerConfig;
  #running: Candidate | undefined;
  #state: BalancerStatus['state'] = 'idle';
  #counts = { reloads: 0, byCommands: 0 };
  #started: Promise<StartedAddresses> | undefined;
  #drained: Promise<DrainResult> | undefined;
  #closed: Promise<void> | undefined;

  /**
   * Checks the spec, runs nothing.
   * @throws SpecError with every fault of the spec
   */
  constructor(spec: BalancerSpec | ServiceSpec, options: HaproxyEngineOptions) {
    this.#options = options;
    this.#config = parseSpec(spec, options);
    this.name = this.#config.name;
    this.#environment = createEnvironment(options.environment);
    const { clock } = this.#environment;
    const { events } = this;
    this.#deployment = new Deployment({
      name: this.name,
      directory: options.directory,
      ...(options.program === undefined ? {} : { program: options.program }),
      keep: options.keep ?? 5,
      ...(options.prometheus === undefined ? {} : { prometheus: options.prometheus }),
      clock,
      printsLog: () => this.#config.frontends.some(({ accessLog }) => accessLog !== undefined),
      onDeath: (death) => void this.#revive(death),
    });
    const { runtime } = this.#deployment;
    this.#observer = new Observer({
      runtime,
      clock,
      events,
      config: () => this.#config,
      intervalMs: options.observeMs ?? 1000,
    });
    this.#removals = new Removals({ runtime, clock, events, signal: this.#ending.signal });
  }

  /** What runs now. */
  get spec(): BalancerConfig {
    return this.#config;
  }

  /** What HAProxy does like the balancer in process, nearly, or not; undefined before the start. */
  get report(): FidelityReport | undefined {
    return this.#running?.report;
  }

  /** How changes got into HAProxy so far. */
  get applied(): ApplyCounts {
    return { ...this.#counts };
  }

  /** Process id of HAProxy's master; undefined while none runs. */
  get pid(): number | undefined {
    return this.#deployment.process.pid;
  }

  /** Calls `listener` on every `name`; returns a function that stops it. */
  on<Name extends keyof BalancerEvents>(
    name: Name,
    listener: (payload: BalancerEvents[Name]) => void,
  ): () => void {
    return this.events.on(name, listener);
  }

  /**
   * Writes, checks and starts. A start that fails closes the engine.
   * Asked again it answers the same, until `drain` or `close`.
   * @throws SpecError for what HAProxy can't do or does not take; EK_PROGRAM, EK_FILE, EK_BIND, EK_IN_USE, EK_CLOSED
   */
  start(options: { readonly signal?: AbortSignal } = {}): Promise<StartedAddresses> {
    this.#started ??= this.#serial.run(() => this.#start(options.signal));
    return this.#started;
  }

  /**
   * Changes what runs to `next`, or nothing at all. Calls wait for each other.
   * @returns what was (or with `dryRun` would be) changed
   * @throws SpecError, EK_BIND, EK_FILE, EK_STATE for another name, EK_CLOSED
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
   * Stops accepting, lets what is open finish, and cuts the rest at the deadline; then no HAProxy runs any more.
   * @param options - `deadlineMs` from now; @defaultValue the longest `drain.timeout` of the spec
   */
  drain(options: { readonly deadlineMs?: number } = {}): Promise<DrainResult> {
    if (this.#drained === undefined) {
      this.#started = undefined;
      this.#drained = this.#drain(options.deadlineMs);
    }
    return this.#drained;
  }

  /** Cuts what is open and ends HAProxy. Asked again it answers the same. */
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

  /** Everything as of the last look at HAProxy, at most `observeMs` ago. */
  status(): BalancerStatus {
    const { table } = this.#observer;
    const isDraining = this.#state === 'draining';
    const { frontends, pools } = this.#config;
    const certificates = this.#running?.certificates;
    return {
      name: this.name,
      state: this.#state,
      at: table.at,
      frontends: frontends.map((frontend) =>
        frontendStatus(frontend, table, isDraining, certificates?.get(frontend.name)),
      ),
      pools: pools.map((pool) => poolStatus(pool, table)),
    };
  }

  /** Looks at HAProxy now, so that `status()` is of this moment. */
  refresh(): Promise<void> {
    return this.#observer.look();
  }

  async #start(signal: AbortSignal | undefined): Promise<StartedAddresses> {
    this.#refuseClosed();
    let orphan: number | undefined;
    try {
      signal?.throwIfAborted();
      await this.#deployment.open();
      orphan = this.#deployment.orphan;
      const candidate = await this.#deployment.prepare(this.#config);
      signal?.throwIfAborted();
      await this.#deployment.start(candidate);
      this.#running = candidate;
      signal?.throwIfAborted();
    } catch (error) {
      // A close under way waits for this start: waiting for it in turn would never end.
      if (this.#closed === undefined) {
        this.#closed = this.#shut();
        await this.#closed;
      }
      throw error;
    }
    this.#state = 'running';
    await this.#observer.look();
    this.#observer.start();
    const addresses: Record<string, ReturnType<typeof addressesOf>> = {};
    for (const frontend of this.#config.frontends) addresses[frontend.name] = addressesOf(frontend);
    const at = this.#now();
    for (const [frontend, bound] of Object.entries(addresses))
      this.events.emit('frontend:listening', {
        at,
        reason: 'HAProxy listens',
        frontend,
        addresses: bound,
      });
    const from = orphan === undefined ? '' : `, and the listeners of process ${orphan}`;
    const reason = `HAProxy has taken the configuration${from}`;
    this.events.emit('balancer:started', { at, reason });
    return addresses;
  }

  async #apply(spec: BalancerSpec | ServiceSpec, dryRun: boolean): Promise<SpecDiff> {
    const next = parseSpec(spec, this.#options);
    if (next.name !== this.name)
      throw new EvenkeelError(
        'EK_STATE',
        `engine "${this.name}" can't become "${next.name}": start another one instead`,
        { side: 'client' },
      );
    const diff = diffConfig(this.#config, next);
    const running = this.#running;
    if (running === undefined) {
      if (!dryRun) this.#config = next;
      return diff;
    }
    const candidate = await this.#deployment.prepare(next);
    if (dryRun) {
      await this.#deployment.discard(candidate);
      return diff;
    }
    await this.#switchTo(candidate, running, diff);
    const { changes } = diff;
    this.events.emit('spec:applied', { at: this.#now(), reason: describeDiff(diff), changes });
    return diff;
  }

  async #switchTo(candidate: Candidate, running: Candidate, diff: SpecDiff): Promise<void> {
    const plan = planChange(running, candidate, this.#deployment.series);
    let needed = plan.kind === 'reload' ? plan.reason : undefined;
    let removed: readonly { backend: string; server: string }[] = [];
    if (plan.kind === 'runtime')
      try {
        removed = await runSteps(this.#deployment.runtime, plan.steps, (file) =>
          this.#deployment.certificateName(running, file),
        );
        this.#counts.byCommands++;
      } catch (error) {
        // Whatever was done by commands, the reload has the same in its configuration.
        needed = error instanceof Error ? error.message : String(error);
      }
    if (needed === undefined) await this.#deployment.adopt(candidate);
    else await this.#reload(candidate, running, needed);
    const before = this.#config;
    this.#config = candidate.config;
    this.#running = candidate;
    announce(this.events, this.#now(), diff, { before, after: candidate.config });
    announceCertificates(this.events, this.#now(), running.certificates, candidate.certificates);
    this.#removals.add(diff, before, removed);
    await this.#observer.look();
  }

  async #reload(candidate: Candidate, running: Candidate, needed: string): Promise<void> {
    try {
      await this.#deployment.reload(candidate, running);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.events.emit('engine:rolled-back', { at: this.#now(), reason });
      await this.#deployment.discard(candidate);
      throw error;
    }
    this.#counts.reloads++;
    this.#removals.forget();
    this.events.emit('engine:reloaded', {
      at: this.#now(),
      reason: `reloaded: ${needed}`,
      needed,
    });
  }

  #reject(error: unknown): void {
    const issues = error instanceof SpecError ? error.issues.length : 1;
    const reason = error instanceof Error ? error.message : String(error);
    this.events.emit('spec:rejected', { at: this.#now(), reason, issues });
  }

  /** Starts HAProxy again until it runs. Changes that come meanwhile take their turn between two tries. */
  async #revive({ reason, printed }: Death): Promise<void> {
    const last = printed.trim().split('\n').at(-1) ?? '';
    const why = last === '' ? reason : `${reason}: ${last}`;
    this.events.emit('engine:died', { at: this.#now(), reason: why });
    this.#removals.forget();
    for (let attempts = 1; !this.#ending.signal.aborted; attempts++) {
      const pause = REVIVE_MS[Math.min(attempts, REVIVE_MS.length) - 1] ?? 0;
      await sleep(this.#environment.clock, pause, this.#ending.signal);
      if (await this.#serial.run(() => this.#tryToRevive(attempts))) return;
    }
  }

  async #tryToRevive(attempts: number): Promise<boolean> {
    const running = this.#running;
    if (this.#ending.signal.aborted || running === undefined) return true;
    if (this.#deployment.process.isRunning) return true;
    try {
      await this.#deployment.revive(running);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.events.emit('engine:died', { at: this.#now(), reason: `not started again: ${reason}` });
      return false;
    }
    this.events.emit('engine:restarted', {
      at: this.#now(),
      reason: 'it serves the last good configuration',
      attempts,
    });
    await this.#observer.look();
    return true;
  }

  async #drain(deadlineMs: number | undefined): Promise<DrainResult> {
    this.#ending.abort();
    await this.#serial.idle();
    if (this.#state !== 'running') return { completed: 0, aborted: 0, stillOpen: 0 };
    this.#state = 'draining';
    this.#observer.stop();
    this.events.emit('balancer:draining', { at: this.#now(), reason: 'asked to drain' });
    const { frontends } = this.#config;
    for (const { name: frontend } of frontends)
      this.events.emit('frontend:draining', {
        frontend,
        at: this.#now(),
        reason: 'asked to drain',
      });
    const longest = Math.max(0, ...frontends.map(({ drain }) => drain.timeout));
    const results = await drainHaproxy({
      process: this.#deployment.process,
      runtime: this.#deployment.runtime,
      clock: this.#environment.clock,
      deadlineMs: deadlineMs ?? longest,
      signal: this.#cutting.signal,
    });
    return announceClosed(this.events, this.#now(), this.#config, results);
  }

  async #close(): Promise<void> {
    this.#ending.abort();
    this.#cutting.abort();
    if (this.#state === 'draining') await this.#drained;
    const isServing = this.#state === 'running' && this.#drained === undefined;
    const open = isServing ? await openByFrontend(this.#deployment.runtime) : new Map();
    // A change under way is not waited for: the end of HAProxy is its end too.
    await this.#deployment.process.end();
    await this.#serial.idle();
    if (isServing) announceClosed(this.events, this.#now(), this.#config, allCut(open));
    await this.#shut();
  }

  async #shut(): Promise<void> {
    if (this.#state === 'closed') return;
    this.#ending.abort();
    this.#observer.stop();
    await this.#deployment.close();
    this.#state = 'closed';
    this.events.emit('balancer:closed', { at: this.#now(), reason: 'closed' });
  }

  #refuseClosed(): void {
    if (this.#closed === undefined && this.#drained === undefined) return;
    const state = this.#closed === undefined ? 'draining' : 'closed';
    throw new EvenkeelError('EK_CLOSED', `engine "${this.name}" is ${state}`);
  }

  #now(): number {
    return this.#environment.clock.wallTime();
  }
}
