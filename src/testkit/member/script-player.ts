// Which step of a script is in force: counts uses and time, holds no socket.
import type { Clock, ClockTimer } from '../../core/clock.js';
import type { PlannedScript, Step } from './script.js';

/** Told when another step is in force. */
export interface StepListener {
  onStep(step: Step): void;
}

/** Goes through the steps of one script. A step ends after its time, or with the last of the uses it was for. */
export class ScriptPlayer {
  readonly #clock: Clock;
  readonly #listener: StepListener;
  #script: PlannedScript;
  #index = 0;
  #used = 0;
  #timer: ClockTimer | undefined;

  constructor(script: PlannedScript, clock: Clock, listener: StepListener) {
    this.#script = script;
    this.#clock = clock;
    this.#listener = listener;
  }

  get step(): Step {
    return this.#script.steps[this.#index]!;
  }

  /** Begins with the first step, of another script if one is given. */
  start(script: PlannedScript = this.#script): void {
    this.#script = script;
    this.#enter(0);
  }

  /** Uses the present step once and returns it; the last use of a step makes way for the next one. */
  use(): Step {
    const { step } = this;
    this.#used++;
    if (this.#used >= step.first) this.#next();
    return step;
  }

  /** No step ends any more. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #enter(index: number): void {
    this.stop();
    this.#index = index;
    this.#used = 0;
    const { step } = this;
    if (step.forMs !== Number.POSITIVE_INFINITY)
      this.#timer = this.#clock.schedule(step.forMs, () => this.#next());
    this.#listener.onStep(step);
  }

  #next(): void {
    const { steps, repeat } = this.#script;
    const next = this.#index + 1;
    if (next < steps.length) this.#enter(next);
    else if (repeat) this.#enter(0);
    else this.stop();
  }
}
