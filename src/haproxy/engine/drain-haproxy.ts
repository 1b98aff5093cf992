// The end of a HAProxy that lets its clients finish: soft stop, a deadline, what was cut.
import type { Clock, ClockTimer } from '../../core/clock.js';
import type { DrainResult } from '../../model/events.js';
import type { HaproxyProcess } from '../process/haproxy-process.js';
import type { RuntimeSocket } from '../runtime/runtime-socket.js';
import { parseStat } from '../runtime/stat-rows.js';

/** What to drain, and until when. */
export interface DrainHaproxyOptions {
  readonly process: HaproxyProcess;
  readonly runtime: RuntimeSocket;
  readonly clock: Clock;
  /** From now. */
  readonly deadlineMs: number;
}

/**
 * Stops accepting, waits until every worker is gone or the deadline has come, and ends what is left.
 * A worker closes idle kept connections at once and answers the last request of busy ones with `connection: close`.
 */
export async function drainHaproxy(options: DrainHaproxyOptions): Promise<DrainResult> {
  const { process, runtime, clock, deadlineMs } = options;
  const open = await openOf(runtime, 'show stat');
  process.drain();
  let isLate = false;
  let timer: ClockTimer | undefined;
  const late = new Promise<void>((resolve) => {
    timer = clock.schedule(deadlineMs, () => {
      isLate = true;
      resolve();
    });
  });
  await Promise.race([process.gone, late]);
  timer?.cancel();
  const aborted = isLate && process.isRunning ? await openOfWorkers(process.master) : 0;
  await process.end();
  return { completed: Math.max(0, open - aborted), aborted, stillOpen: 0 };
}

/** Connections that clients hold open at the frontends. */
async function openOf(runtime: RuntimeSocket, command: string): Promise<number> {
  try {
    const rows = parseStat(await runtime.ask(command));
    return rows
      .filter(({ name }) => name === 'FRONTEND')
      .reduce((total, row) => total + row.number('scur'), 0);
  } catch {
    return 0;
  }
}

/** Workers that finish what they have answer the master only. */
async function openOfWorkers(master: RuntimeSocket): Promise<number> {
  let total = 0;
  try {
    const list = await master.ask('show proc');
    for (const [, pid] of list.matchAll(/^(\d+)\s+worker\b/gm))
      total += await openOf(master, `@!${pid} show stat`);
  } catch {
    // It is gone meanwhile.
  }
  return total;
}
