// Servers on their way out of a running HAProxy: deleted when the last connection is gone, cut at the deadline.
import { type Clock, sleep } from '../../core/clock.js';
import type { Emitter } from '../../core/emitter.js';
import type { BalancerEvents, DrainResult } from '../../model/events.js';
import type { BalancerConfig } from '../../spec/config.js';
import type { SpecDiff } from '../../spec/diff.js';
import { isDone } from '../runtime/answers.js';
import { deleteServer, type ServerName, shutdownSessions } from '../runtime/commands.js';
import type { RuntimeSocket } from '../runtime/runtime-socket.js';
import { parseStat } from '../runtime/stat-rows.js';

/** Between two tries, ms. On 2.6 idle kept connections hold a server for some seconds. */
const TRY_MS = 250;

/** Where servers go from, and who is told. */
export interface RemovalsOptions {
  readonly runtime: RuntimeSocket;
  readonly clock: Clock;
  readonly events: Emitter<BalancerEvents>;
  /** Aborted when the engine ends. */
  readonly signal: AbortSignal;
}

/** Every server that a change took out. A reload, or a HAProxy that is started again, has none of them any more. */
export class Removals {
  readonly #options: RemovalsOptions;
  #present = new AbortController();

  constructor(options: RemovalsOptions) {
    this.#options = options;
  }

  /**
   * Members that a change took out of its pools.
   * @param servers - those of them that are in maintenance and still have to be deleted; the others are gone
   */
  add(diff: SpecDiff, before: BalancerConfig, servers: readonly ServerName[]): void {
    for (const { name: pool, members } of diff.pools.changed)
      for (const member of members.removed) {
        const lines = servers.filter(
          ({ backend, server }) => server === member && [pool, `${pool}.tcp`].includes(backend),
        );
        const deadlineMs = before.pools.find(({ name }) => name === pool)?.drain.timeout ?? 0;
        void this.#remove(pool, member, lines, deadlineMs);
      }
  }

  /** Gives up on what is under way: the servers have gone with their process. */
  forget(): void {
    this.#present.abort();
    this.#present = new AbortController();
  }

  async #remove(
    pool: string,
    member: string,
    servers: readonly ServerName[],
    deadlineMs: number,
  ): Promise<void> {
    const { runtime, clock, events, signal: ending } = this.#options;
    const signal = AbortSignal.any([ending, this.#present.signal]);
    const results = await Promise.all(
      servers.map((server) => removeServer(server, { runtime, clock, signal, deadlineMs })),
    );
    const completed = results.reduce((total, result) => total + result.completed, 0);
    const aborted = results.reduce((total, result) => total + result.aborted, 0);
    const reason = 'taken out of the spec';
    const at = clock.wallTime();
    events.emit('member:removed', { at, reason, pool, member, completed, aborted, stillOpen: 0 });
  }
}

/** How long a server may take. */
interface RemovalOptions {
  readonly runtime: RuntimeSocket;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly deadlineMs: number;
}

/** Deletes a server in maintenance as soon as HAProxy lets it go. Resolves when it is gone, or on `signal`. Never rejects. */
async function removeServer(
  line: ServerName,
  { runtime, clock, signal, deadlineMs }: RemovalOptions,
): Promise<DrainResult> {
  const began = clock.now();
  let aborted = 0;
  const before = await activeOn(runtime, line);
  while (!signal.aborted) {
    try {
      if (aborted === 0 && clock.now() - began >= deadlineMs) {
        aborted = await activeOn(runtime, line);
        await runtime.ask(shutdownSessions(line));
      }
      if (isDone(await runtime.ask(deleteServer(line)))) break;
    } catch {
      // HAProxy does not answer: it is busy, or another one is on its way.
    }
    await sleep(clock, TRY_MS, signal);
  }
  return { completed: Math.max(0, before - aborted), aborted, stillOpen: 0 };
}

async function activeOn(runtime: RuntimeSocket, line: ServerName): Promise<number> {
  try {
    const rows = parseStat(await runtime.ask('show stat'));
    const row = rows.find(({ proxy, name }) => proxy === line.backend && name === line.server);
    return row?.number('scur') ?? 0;
  } catch {
    return 0;
  }
}
