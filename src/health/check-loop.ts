// Checks one target again and again, and tells its watchers what comes of it.
import type { ClockTimer } from '../core/clock.js';
import { renderDuration } from '../core/duration.js';
import type { Environment } from '../core/environment.js';
import type { HealthState, LastCheck } from '../model/member.js';
import type { MonitorConfig } from '../spec/config.js';
import type { CheckSlots, SlotUser } from './check-slots.js';
import { FlipCounter } from './flip-counter.js';
import type { HealthListener } from './listener.js';
import type { Probe, ProbeResult, ProbeTarget } from './probe.js';
import { renderFailure } from './reason.js';

/** How far an interval may stray, as a share of it, so that loops do not march in step. */
const JITTER = 0.1;

/** Who listens to a loop, and what health it believes in. */
interface Watcher {
  readonly listener: HealthListener;
  told: HealthState;
}

/** What a loop needs from its checker. */
export interface LoopSetup {
  readonly config: MonitorConfig;
  readonly probe: Probe;
  readonly environment: Environment;
  readonly slots: CheckSlots;
}

/**
 * The checks of one target: they never overlap, and the next is due an interval after the last one ended.
 *
 * ```
 *   waiting --timer--> in line --slot--> asking --result or timeout--> waiting
 * ```
 */
export class CheckLoop implements SlotUser {
  readonly #setup: LoopSetup;
  readonly #target: ProbeTarget;
  readonly #counter: FlipCounter;
  readonly #watchers: Set<Watcher> = new Set();
  readonly #timedOut: string;
  #timer: ClockTimer | undefined;
  #deadline: ClockTimer | undefined;
  #asking: AbortController | undefined;
  /** A probe has not come back yet, perhaps long after its timeout. */
  #isProbeBusy = false;
  #isDraining = false;
  #last: LastCheck | undefined;

  constructor(setup: LoopSetup, target: ProbeTarget, initial: HealthState) {
    this.#setup = setup;
    this.#target = target;
    this.#counter = new FlipCounter(setup.config, initial);
    this.#timedOut = `timeout after ${renderDuration(setup.config.timeout)}`;
  }

  /** Whether nobody watches. */
  get isUnwatched(): boolean {
    return this.#watchers.size === 0;
  }

  /** Adds a listener; what is known already is told soon, but not now. Returns how to remove it. */
  add(listener: HealthListener, believed: HealthState): () => void {
    const watcher: Watcher = { listener, told: believed };
    this.#watchers.add(watcher);
    if (this.#last !== undefined) queueMicrotask(() => this.#catchUp(watcher));
    return () => this.#watchers.delete(watcher);
  }

  /** Makes the first check due. */
  start(delayMs: number): void {
    this.#timer = this.#setup.environment.clock.schedule(delayMs, () => {
      this.#timer = undefined;
      // A probe that ignores its signal is not asked again before it ends: checks must not pile up.
      if (this.#isProbeBusy)
        this.#finish({ ok: false, reason: `${this.#timedOut}, and still not ended` }, 0);
      else this.#setup.slots.request(this);
    });
  }

  /** Stops for good: a running check is aborted and not told. */
  stop(): void {
    this.#timer?.cancel();
    this.#deadline?.cancel();
    this.#setup.slots.withdraw(this);
    this.#watchers.clear();
    if (this.#asking === undefined) return;
    const asking = this.#asking;
    this.#asking = undefined;
    this.#setup.slots.release();
    asking.abort(new Error('the check was stopped'));
  }

  begin(): void {
    const { clock } = this.#setup.environment;
    const asking = new AbortController();
    this.#asking = asking;
    const startedAt = clock.now();
    this.#deadline = clock.schedule(this.#setup.config.timeout, () => {
      asking.abort(new Error(this.#timedOut));
      settle({ ok: false, reason: this.#timedOut });
    });
    const settle = (result: ProbeResult): void => {
      if (this.#asking !== asking) return;
      this.#asking = undefined;
      this.#deadline?.cancel();
      this.#setup.slots.release();
      this.#finish(result, clock.now() - startedAt);
    };
    void this.#ask(asking.signal).then(settle);
  }

  async #ask(signal: AbortSignal): Promise<ProbeResult> {
    this.#isProbeBusy = true;
    try {
      return await this.#setup.probe.check(this.#target, signal);
    } catch (error) {
      return { ok: false, reason: renderFailure(error) };
    } finally {
      this.#isProbeBusy = false;
    }
  }

  #finish(result: ProbeResult, durationMs: number): void {
    const at = this.#setup.environment.clock.wallTime();
    const check: LastCheck = { at, ok: result.ok, reason: result.reason, durationMs };
    this.#last = check;
    this.#counter.record(result.ok);
    // A bad check says nothing about the wish to drain.
    const isDrainChanged = result.ok && (result.drain === true) !== this.#isDraining;
    if (isDrainChanged) this.#isDraining = !this.#isDraining;
    // Before the listeners: one that throws must not end the checks.
    this.start(this.#nextDelay());
    for (const { listener } of this.#watchers) listener.onCheck(check);
    if (isDrainChanged)
      for (const { listener } of this.#watchers) listener.onDrainAsked(this.#isDraining);
    // Told only by a check that agrees: a first failure does not make an unseen member "up".
    if (result.ok === (this.#counter.state === 'up'))
      for (const watcher of this.#watchers) this.#tell(watcher, check);
  }

  #catchUp(watcher: Watcher): void {
    if (this.#last === undefined || !this.#watchers.has(watcher)) return;
    watcher.listener.onCheck(this.#last);
    if (this.#isDraining) watcher.listener.onDrainAsked(true);
    this.#tell(watcher, this.#last);
  }

  #tell(watcher: Watcher, check: LastCheck): void {
    const { state } = this.#counter;
    if (state === 'unknown' || watcher.told === state) return;
    watcher.told = state;
    watcher.listener.onHealth({ state, reason: check.reason, at: check.at });
  }

  #nextDelay(): number {
    const { interval, fastInterval, downInterval } = this.#setup.config;
    const settled = this.#counter.state === 'down' ? downInterval : interval;
    const delay = this.#counter.isMoving ? fastInterval : settled;
    return delay * (1 - JITTER + 2 * JITTER * this.#setup.environment.random.next());
  }
}
