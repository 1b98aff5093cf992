// Checks one target again and again, and tells its watchers what comes of it.
import { renderHostPort } from '../core/address.js';
import type { ClockTimer } from '../core/clock.js';
import { renderDuration } from '../core/duration.js';
import type { Environment } from '../core/environment.js';
import { throwLater } from '../core/errors.js';
import { isLocalFault } from '../core/local-fault.js';
import { type HealthReport, healthChannel } from '../model/diagnostics.js';
import type { HealthState, LastCheck } from '../model/member.js';
import type { MonitorConfig } from '../spec/config.js';
import type { CheckSlots, SlotUser } from './check-slots.js';
import { FlipCounter } from './flip-counter.js';
import type { HealthListener } from './listener.js';
import { isProbeResult, type Probe, type ProbeResult, type ProbeTarget } from './probe.js';
import { renderFailure } from './reason.js';

/** How far an interval may stray, as a share of it, so that loops do not march in step. */
const JITTER = 0.1;

/** What a watcher takes for true until a check says otherwise. */
export interface Belief {
  readonly health: HealthState;
  readonly isDraining: boolean;
}

/** Who listens to a loop, and what was told last. */
interface Watcher {
  readonly listener: HealthListener;
  health: HealthState;
  isDraining: boolean;
}

/** What a check came to. */
interface Finding extends ProbeResult {
  /** It failed for want of something here: that says nothing about the target, and counts neither way. */
  readonly isOurs?: boolean;
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
  /** Another node takes it for down, for this reason. */
  #doubt: string | undefined;
  /** The last check that agreed with the health: the reason why it is what it is. */
  #agreed: LastCheck | undefined;

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
  add(listener: HealthListener, { health, isDraining }: Belief): () => void {
    const watcher: Watcher = { listener, health, isDraining };
    this.#watchers.add(watcher);
    if (this.#last !== undefined) queueMicrotask(() => this.#catchUp(watcher));
    return () => this.#watchers.delete(watcher);
  }

  /**
   * Another node says why the target is down. Unless the last check here was good, it is at once;
   * else the next one decides, and no others are waited for. undefined = that node no longer says so.
   */
  doubt(reason: string | undefined): void {
    this.#doubt = reason;
    if (reason === undefined || this.#last?.ok === true || this.#counter.state === 'down') return;
    this.#doubt = undefined;
    this.#counter.assumeDown();
    const at = this.#setup.environment.clock.wallTime();
    const word: LastCheck = { at, ok: false, reason, durationMs: 0 };
    this.#agreed = word;
    for (const watcher of this.#watchers) this.#tellHealth(watcher, word);
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
    const settle = (result: Finding): void => {
      if (this.#asking !== asking) return;
      this.#asking = undefined;
      this.#deadline?.cancel();
      this.#setup.slots.release();
      this.#finish(result, clock.now() - startedAt);
    };
    void this.#ask(asking.signal).then(settle);
  }

  async #ask(signal: AbortSignal): Promise<Finding> {
    this.#isProbeBusy = true;
    try {
      return asResult(await this.#setup.probe.check(this.#target, signal));
    } catch (error) {
      return { ok: false, reason: renderFailure(error), isOurs: isLocalFault(error) };
    } finally {
      this.#isProbeBusy = false;
    }
  }

  #finish(result: Finding, durationMs: number): void {
    const at = this.#setup.environment.clock.wallTime();
    const check: LastCheck = { at, ok: result.ok, reason: result.reason, durationMs };
    this.#last = check;
    const saysNothing = result.isOurs === true;
    if (!saysNothing) this.#count(result.ok);
    // A bad check says nothing about the wish to drain.
    if (result.ok) this.#isDraining = result.drain === true;
    // Told only by a check that agrees: a first failure does not make an unseen member "up".
    if (!saysNothing && result.ok === (this.#counter.state === 'up')) this.#agreed = check;
    if (healthChannel.hasSubscribers) this.#report(check);
    // Before the listeners: one that stops the loop stops this timer too.
    this.start(this.#nextDelay());
    for (const watcher of this.#watchers) this.#call(() => watcher.listener.onCheck(check));
    if (result.ok) for (const watcher of this.#watchers) this.#tellDrain(watcher);
    if (this.#agreed === check)
      for (const watcher of this.#watchers) this.#tellHealth(watcher, check);
  }

  #count(isGood: boolean): void {
    this.#counter.record(isGood);
    if (this.#doubt !== undefined && !isGood) this.#counter.assumeDown();
    this.#doubt = undefined;
  }

  #report(check: LastCheck): void {
    const { name, type } = this.#setup.config;
    const report: HealthReport = {
      monitor: name,
      type,
      member: this.#target.name,
      address: renderHostPort(this.#target),
      ...check,
      health: this.#counter.state,
    };
    healthChannel.publish(report);
  }

  #catchUp(watcher: Watcher): void {
    if (this.#last === undefined || !this.#watchers.has(watcher)) return;
    const { listener } = watcher;
    const last = this.#last;
    this.#call(() => listener.onCheck(last));
    if (last.ok) this.#tellDrain(watcher);
    if (this.#agreed !== undefined) this.#tellHealth(watcher, this.#agreed);
  }

  #tellDrain(watcher: Watcher): void {
    if (watcher.isDraining === this.#isDraining) return;
    watcher.isDraining = this.#isDraining;
    this.#call(() => watcher.listener.onDrainAsked(watcher.isDraining));
  }

  #tellHealth(watcher: Watcher, { reason, at }: LastCheck): void {
    const { state } = this.#counter;
    if (state === 'unknown' || watcher.health === state) return;
    watcher.health = state;
    this.#call(() => watcher.listener.onHealth({ state, reason, at }));
  }

  /** A listener that throws keeps nothing from the others. */
  #call(tell: () => void): void {
    try {
      tell();
    } catch (error) {
      throwLater(error);
    }
  }

  #nextDelay(): number {
    const { interval, fastInterval, downInterval } = this.#setup.config;
    const settled = this.#counter.state === 'down' ? downInterval : interval;
    const delay = this.#counter.isMoving ? fastInterval : settled;
    return delay * (1 - JITTER + 2 * JITTER * this.#setup.environment.random.next());
  }
}

/** A probe of the host's may come back with anything. */
function asResult(answer: unknown): ProbeResult {
  if (isProbeResult(answer)) return answer;
  return { ok: false, reason: 'the check returned no result' };
}
