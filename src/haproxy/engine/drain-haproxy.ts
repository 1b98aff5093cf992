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
  /** Aborted: the deadline is now. */
  readonly signal: AbortSignal;
}

/**
 * Stops accepting, waits until every worker is gone or the deadline has come, and ends what is left.
 * A worker closes idle kept connections at once and answers the last request of busy ones with `connection: close`.
 * @returns how it ended for each frontend that had connections, by name
 */
export async function drainHaproxy(
  options: DrainHaproxyOptions,
): Promise<ReadonlyMap<string, DrainResult>> {
  const { process, runtime } = options;
  const open = await openByFrontend(runtime);
  process.drain();
  const isLate = await isOvertaken(process.gone, options);
  const cut = isLate && process.isRunning ? await openOfWorkers(process.master) : NOTHING;
  await process.end();
  const results: Map<string, DrainResult> = new Map();
  for (const name of new Set([...open.keys(), ...cut.keys()])) {
    const aborted = cut.get(name) ?? 0;
    const completed = Math.max(0, (open.get(name) ?? 0) - aborted);
    results.set(name, { completed, aborted, stillOpen: 0 });
  }
  return results;
}

const NOTHING: ReadonlyMap<string, number> = new Map();

/** Whether the deadline or the signal came before `gone`. */
async function isOvertaken(
  gone: Promise<void>,
  { clock, deadlineMs, signal }: DrainHaproxyOptions,
): Promise<boolean> {
  let timer: ClockTimer | undefined;
  const late = new Promise<boolean>((resolve) => {
    const end = (): void => resolve(true);
    timer = clock.schedule(deadlineMs, end);
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
  const isLate = await Promise.race([gone.then(() => false), late]);
  timer?.cancel();
  return isLate;
}

/** Connections that clients hold open, by frontend; none if HAProxy does not answer. */
export async function openByFrontend(
  runtime: RuntimeSocket,
  command: string = 'show stat',
): Promise<ReadonlyMap<string, number>> {
  try {
    const rows = parseStat(await runtime.ask(command));
    return new Map(
      rows
        .filter(({ name }) => name === 'FRONTEND')
        .map((row) => [row.proxy, row.number('scur')] as const)
        .filter(([, count]) => count > 0),
    );
  } catch {
    return NOTHING;
  }
}

/** How frontends end whose open connections are all cut. */
export function allCut(open: ReadonlyMap<string, number>): ReadonlyMap<string, DrainResult> {
  return new Map(
    [...open].map(([name, aborted]) => [name, { completed: 0, aborted, stillOpen: 0 }]),
  );
}

/** Workers that finish what they have answer the master only. */
async function openOfWorkers(master: RuntimeSocket): Promise<ReadonlyMap<string, number>> {
  const total: Map<string, number> = new Map();
  try {
    const list = await master.ask('show proc');
    for (const [, pid] of list.matchAll(/^(\d+)\s+worker\b/gm))
      for (const [name, count] of await openByFrontend(master, `@!${pid} show stat`))
        total.set(name, (total.get(name) ?? 0) + count);
  } catch {
    // It is gone meanwhile.
  }
  return total;
}
