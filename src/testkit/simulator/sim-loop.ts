// Runs the events of a simulation, and lets the promises of the real code settle in between, where there are any.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { EventQueue } from './event-queue.js';

/** Turns of promises after which everything that one event can have set going has settled. */
const MANY_TURNS = 24;
/** Turns that a place in a queue takes to be granted. */
const FEW_TURNS = 4;
/** Events after which other work of the process gets its turn. */
const BREATH = 65_536;

/** A discrete-event loop. Most events set no promise going: then nothing is awaited, and a request costs no promise. */
export class SimLoop {
  readonly queue: EventQueue = new EventQueue();
  /** Promises that an event to come may settle: places in queues, drains, held requests. */
  waiting = 0;
  /** Whether the present event may have settled others: health checks, faults. */
  isUnsettled = false;
  /** Events so far. */
  events = 0;

  /** Runs everything that is due up to `untilMs`, or until `isDone` says so, asked after each event. */
  async run(untilMs: number, isDone: () => boolean = never): Promise<void> {
    const { queue } = this;
    while (queue.nextMs <= untilMs) {
      queue.runNext();
      if (this.isUnsettled) await this.#settle(MANY_TURNS);
      else if (this.waiting > 0) await this.#settle(FEW_TURNS);
      if (++this.events % BREATH === 0) await nextTurn();
      if (isDone()) return;
    }
    queue.nowMs = Math.max(queue.nowMs, untilMs);
  }

  async #settle(turns: number): Promise<void> {
    this.isUnsettled = false;
    for (let turn = 0; turn < turns; turn++) await Promise.resolve();
  }
}

function never(): boolean {
  return false;
}
