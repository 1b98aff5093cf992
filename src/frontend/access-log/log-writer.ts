// Lines of access logs on their way out: many in one write, and none that waits for a reader who does not read.
import type { Writable } from 'node:stream';
import type { Clock } from '../../core/clock.js';
import { throwLater } from '../../core/errors.js';

/** Where access logs go: a stream, or a function that gets whole lines, each with its line end. */
export type AccessLogTarget = Writable | ((lines: string) => void);

/** Characters that may wait for the reader; lines beyond them are dropped. */
const MAX_WAITING = 1_048_576;

/** Collects the lines of one turn of the event loop, and hands them over together. */
export class LogWriter {
  readonly #target: AccessLogTarget;
  readonly #clock: Clock;
  #lines = '';
  #isDue = false;
  #isBroken = false;

  constructor(target: AccessLogTarget, clock: Clock) {
    this.#target = target;
    this.#clock = clock;
    // A reader that has gone must not take the balancer with it.
    if (typeof target !== 'function') {
      target.on('error', () => {
        this.#isBroken = true;
      });
    }
  }

  /** Takes a line without its end. False: there are too many lines that nobody takes, and this one is dropped. */
  write(line: string): boolean {
    const target = this.#target;
    const isStream = typeof target !== 'function';
    if (isStream && (this.#isBroken || !target.writable)) return false;
    const waiting = this.#lines.length + (isStream ? target.writableLength : 0);
    if (waiting + line.length > MAX_WAITING) return false;
    this.#lines += `${line}\n`;
    if (!this.#isDue) {
      this.#isDue = true;
      this.#clock.schedule(0, () => this.flush());
    }
    return true;
  }

  /** Hands over what was collected. */
  flush(): void {
    const lines = this.#lines;
    const target = this.#target;
    this.#isDue = false;
    this.#lines = '';
    if (lines === '') return;
    if (typeof target === 'function') {
      try {
        target(lines);
      } catch (error) {
        throwLater(error);
      }
    } else if (!this.#isBroken && target.writable) target.write(lines);
  }
}

/** One writer for each target, so that frontends and balancers with the same one do not get in each other's way. */
const writers: WeakMap<AccessLogTarget, LogWriter> = new WeakMap();

/** The writer of a target. @param target - undefined = standard output */
export function logWriterOf(target: AccessLogTarget | undefined, clock: Clock): LogWriter {
  const given = target ?? process.stdout;
  const known = writers.get(given) ?? new LogWriter(given, clock);
  writers.set(given, known);
  return known;
}
