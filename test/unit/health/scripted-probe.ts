// A probe whose answers the test gives one by one.
import type { Probe, ProbeResult, ProbeTarget } from '../../../src/health/probe.js';

/** One question that waits for its answer. */
export interface Question {
  readonly target: ProbeTarget;
  readonly signal: AbortSignal;
  answer(result: boolean | ProbeResult): void;
  fail(error: Error): void;
}

/** Keeps every question; answers at once if given `answers`, else when the test does. */
export class ScriptedProbe implements Probe {
  readonly questions: Question[] = [];
  /** Answers given at once, the last one for ever. */
  answers: (boolean | ProbeResult)[];
  open = 0;
  maxOpen = 0;

  constructor(...answers: (boolean | ProbeResult)[]) {
    this.answers = answers;
  }

  check(target: ProbeTarget, signal: AbortSignal): Promise<ProbeResult> {
    this.open++;
    this.maxOpen = Math.max(this.maxOpen, this.open);
    return new Promise((resolve, reject) => {
      this.questions.push({
        target,
        signal,
        answer: (result) => {
          this.open--;
          resolve(asResult(result));
        },
        fail: (error) => {
          this.open--;
          reject(error);
        },
      });
      const next = this.answers.length > 1 ? this.answers.shift() : this.answers[0];
      if (next !== undefined) this.questions.at(-1)?.answer(next);
    });
  }

  /** The question asked last. */
  get last(): Question {
    const question = this.questions.at(-1);
    if (question === undefined) throw new Error('nothing was asked');
    return question;
  }
}

function asResult(result: boolean | ProbeResult): ProbeResult {
  if (typeof result !== 'boolean') return result;
  return { ok: result, reason: result ? 'fine' : 'broken' };
}
