// Active health checks: watches targets with one monitor's settings and tells listeners when they go up or down.
import { renderHostPort } from '../core/address.js';
import { createEnvironment, type Environment } from '../core/environment.js';
import { EvenkeelError } from '../core/errors.js';
import type { HealthState } from '../model/member.js';
import type { MonitorConfig } from '../spec/config.js';
import type { MonitorSpec } from '../spec/health.js';
import { parseMonitor } from '../spec/parse.js';
import { CheckLoop, type LoopSetup } from './check-loop.js';
import { CheckSlots } from './check-slots.js';
import { createProbe, type ProbeOptions } from './create-probe.js';
import type { HealthListener } from './listener.js';
import type { Probe, ProbeTarget } from './probe.js';

export type { HealthFlip, HealthListener } from './listener.js';

/** Checks of one checker that may run at once; more wait in line. */
export const MAX_CHECKS_IN_FLIGHT = 64;

/** First checks of targets that are added together are spread over at most this many ms. */
const FIRST_SPREAD_MS = 1000;

/** Multiples of the golden ratio fill a window evenly, however many there will be. */
const GOLDEN = 0.618_033_988_749_895;

/** What a checker may be given besides its monitor. */
export interface HealthCheckerOptions extends ProbeOptions {
  /** Time and chance. @defaultValue the machine's */
  readonly environment?: Partial<Environment>;
  /** Replaces the probe that the monitor's type names; a `custom` monitor needs no `use` then. */
  readonly probe?: Probe;
}

/** What one watcher may ask for. */
export interface WatchOptions {
  /**
   * What the watcher takes the health for until a check says otherwise. `up` and `down` are settled: leaving them takes
   * `fall` or `rise` checks. Of a target that others watch already, their knowledge counts.
   * @defaultValue the monitor's `initial`
   */
  readonly initial?: HealthState;
  /** Whether the watcher takes the target to ask for a drain until a good check says otherwise. @defaultValue false */
  readonly isDraining?: boolean;
}

/**
 * Checks targets in the background, by the rules of docs/health.md.
 * One checker may serve several pools: watchers of the same host and port share one series of checks.
 *
 * @example
 * ```ts
 * const checker = new HealthChecker('http:/health:5s');
 * const stop = checker.watch({ name: 'web-1', host: '10.0.0.1', port: 80 }, listener);
 * ```
 */
export class HealthChecker {
  /** The monitor, written out. */
  readonly config: MonitorConfig;
  /** @internal The host's code that it was built with, by name. */
  readonly extensions: Readonly<Record<string, unknown>>;
  readonly #setup: LoopSetup;
  readonly #loops: Map<string, CheckLoop> = new Map();
  #batchStartedAt = Number.NEGATIVE_INFINITY;
  #batchSize = 0;
  #isClosed = false;

  /**
   * @param monitor - as a spec writes it, its short form, or written out already
   * @throws SpecError with everything that is wrong with it, a missing extension or `allowExec` included
   */
  constructor(monitor: MonitorSpec | MonitorConfig | string, options: HealthCheckerOptions = {}) {
    this.config = writeOut(monitor, options);
    const { extensions = {}, probe } = options;
    const { use } = this.config;
    this.extensions = probe === undefined || use === undefined ? extensions : { [use]: probe };
    this.#setup = {
      config: this.config,
      probe: options.probe ?? createProbe(this.config, options),
      environment: createEnvironment(options.environment),
      slots: new CheckSlots(MAX_CHECKS_IN_FLIGHT),
    };
  }

  /** The health of a target that has not been checked yet. */
  initialState(): HealthState {
    return this.config.initial;
  }

  /**
   * Checks `target` until the returned function is called (again is harmless) or the checker closes.
   *
   * @throws EvenkeelError `EK_CLOSED`
   */
  watch(target: ProbeTarget, listener: HealthListener, options: WatchOptions = {}): () => void {
    if (this.#isClosed)
      throw new EvenkeelError('EK_CLOSED', `monitor "${this.config.name}" is closed`);
    const port = this.config.port ?? target.port;
    const key = this.#keyOf({ ...target, port });
    const { initial = this.config.initial, isDraining = false } = options;
    let loop = this.#loops.get(key);
    if (loop === undefined) {
      loop = new CheckLoop(this.#setup, { ...target, port }, initial);
      this.#loops.set(key, loop);
      loop.start(this.#firstDelay());
    }
    return this.#stopper(key, loop, loop.add(listener, { health: initial, isDraining }));
  }

  /**
   * What another node's checks say of a target that is watched: why it is down. It is at once, unless the last check here was
   * good; then the next bad one is enough. `rise` good checks bring it back as ever.
   * @param reason - undefined = it is not down there
   */
  doubt(target: ProbeTarget, reason: string | undefined): void {
    const port = this.config.port ?? target.port;
    this.#loops.get(this.#keyOf({ ...target, port }))?.doubt(reason);
  }

  /** Stops every check at once; nobody is told anything any more. */
  close(): Promise<void> {
    this.#isClosed = true;
    this.#setup.slots.close();
    for (const loop of this.#loops.values()) loop.stop();
    this.#loops.clear();
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** `exec` and `custom` see the member's name, so only members of the same name share their checks. */
  #keyOf(target: ProbeTarget): string {
    const address = renderHostPort(target);
    const { type } = this.config;
    return type === 'exec' || type === 'custom' ? `${target.name} ${address}` : address;
  }

  /** The first of a batch is checked at once, those added within the window after it are spread over the window. */
  #firstDelay(): number {
    const window = Math.min(this.config.fastInterval, FIRST_SPREAD_MS);
    const now = this.#setup.environment.clock.now();
    if (now - this.#batchStartedAt >= window) {
      this.#batchStartedAt = now;
      this.#batchSize = 0;
    }
    return ((this.#batchSize++ * GOLDEN) % 1) * window;
  }

  #stopper(key: string, loop: CheckLoop, remove: () => void): () => void {
    return () => {
      remove();
      if (!loop.isUnwatched || this.#loops.get(key) !== loop) return;
      this.#loops.delete(key);
      loop.stop();
    };
  }
}

/** A probe that is given stands for whatever the monitor would need from the host. */
function writeOut(
  monitor: MonitorSpec | MonitorConfig | string,
  options: HealthCheckerOptions,
): MonitorConfig {
  const { probe, extensions = {}, allowExec = false } = options;
  if (probe === undefined) return parseMonitor(monitor, { extensions, allowExec });
  if (typeof monitor !== 'object' || monitor.type !== 'custom')
    return parseMonitor(monitor, { extensions, allowExec: true });
  const { use = monitor.name ?? 'probe' } = monitor;
  return parseMonitor({ ...monitor, use }, { extensions: { [use]: probe } });
}
