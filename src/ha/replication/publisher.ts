// The active node's end of one replication connection: everything once, then what changes, no faster than the other end takes it.
import type { Clock, ClockTimer } from '../../core/clock.js';
import { allBatches, BATCH, type Batch, type SentEntry, sourcesOf } from './batches.js';
import { Changes } from './changes.js';
import type { ReplicaMessage } from './frames.js';
import type { ReplicaKind, ReplicaSources } from './source.js';

/** Changes are gathered for so long, ms: one that changes often is sent once. */
const GATHER_MS = 20;
/** Messages that may be unanswered. */
const WINDOW = 8;
/** Changed entries that are remembered; past it they are forgotten, and everything is sent anew. */
export const MAX_CHANGED = 65_536;
/** Another end that answers nothing for so long is cut off, ms. */
const STALL_MS = 15_000;

/** What it sends by. */
export interface PublisherSink {
  /** @returns false = full: `resume` is called when there is room */
  send(message: ReplicaMessage): boolean;
  /** The other end is of no use. */
  close(): void;
}

interface Unanswered {
  readonly batch: number;
  /** When the first change in it was made. */
  readonly sinceMs: number;
  readonly sentAtMs: number;
}

/**
 * Sends to one other node.
 * Memory: names of changed entries, at most {@link MAX_CHANGED}, the keys of the store that is sent as a whole, and {@link WINDOW}
 * messages; values are read when they are sent.
 *
 * ```
 *   noted --gathered--> sending --window, room in the socket--> unanswered --ack--> in force there
 *     '--too many: forgotten; once the other end takes something again, everything is sent anew
 * ```
 */
export class Publisher {
  #sources: ReplicaSources;
  readonly #sink: PublisherSink;
  readonly #clock: Clock;
  #noted: Changes = new Changes();
  #sending: Changes = new Changes();
  readonly #unanswered: Unanswered[] = [];
  #stops: (() => void)[] = [];
  #snapshot: Iterator<Batch> | undefined;
  #snapshotSinceMs = 0;
  #batch = 0;
  #isFull = false;
  #isOverrun = false;
  #isClosed = false;
  #timer: ClockTimer | undefined;
  #stall: ClockTimer | undefined;
  #flushes: { readonly batch: number; readonly done: () => void }[] = [];
  /** Entries sent so far. */
  sent = 0;
  /** Whether everything was sent once, and nothing forgotten since. */
  isSynced = false;

  constructor(sources: ReplicaSources, sink: PublisherSink, clock: Clock) {
    this.#sources = sources;
    this.#sink = sink;
    this.#clock = clock;
  }

  start(): void {
    for (const [kind, source] of sourcesOf(this.#sources))
      this.#stops.push(source.watch((scope, key) => this.#note(kind, scope, key)));
    this.#beginAnew();
    this.#schedule(0);
  }

  /** Sends from other sources, from the beginning. */
  use(sources: ReplicaSources): void {
    this.#stopWatching();
    this.#noted.clear();
    this.#sending.clear();
    this.#sources = sources;
    this.start();
  }

  /** How old the oldest change is that is not known to be in force at the other end, ms; 0 = none is. */
  get lagMs(): number {
    let oldestMs = this.#unanswered[0]?.sinceMs ?? Number.POSITIVE_INFINITY;
    for (const changes of [this.#sending, this.#noted])
      if (changes.size > 0) oldestMs = Math.min(oldestMs, changes.sinceMs);
    if (!this.isSynced) oldestMs = Math.min(oldestMs, this.#snapshotSinceMs);
    return oldestMs === Number.POSITIVE_INFINITY ? 0 : Math.max(0, this.#clock.now() - oldestMs);
  }

  /** Changes that wait to be sent. */
  get pending(): number {
    return this.#noted.size + this.#sending.size;
  }

  onAck(batch: number): void {
    while ((this.#unanswered[0]?.batch ?? Number.POSITIVE_INFINITY) <= batch)
      this.#unanswered.shift();
    this.#endFlushes(batch);
    const hasMore = this.#snapshot !== undefined || this.#sending.size > 0 || this.#isOverrun;
    if (hasMore) this.#pump();
    else if (this.#noted.size > 0) this.#schedule(GATHER_MS);
  }

  /** There is room again. */
  resume(): void {
    this.#isFull = false;
    this.#pump();
  }

  /** Sends what is noted at once, as far as there is room; resolves when that is in force there, or the connection ended. */
  flush(): Promise<void> {
    this.#pump();
    return new Promise((done) => {
      this.#flushes.push({ batch: this.#batch, done });
      this.#endFlushes((this.#unanswered[0]?.batch ?? Number.POSITIVE_INFINITY) - 1);
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
    this.#stall?.cancel();
    this.#stopWatching();
    this.#noted.clear();
    this.#sending.clear();
    this.#endFlushes(Number.POSITIVE_INFINITY);
  }

  #stopWatching(): void {
    for (const stop of this.#stops) stop();
    this.#stops = [];
  }

  /** On the hot path of whoever changes something. */
  #note(kind: ReplicaKind, scope: string, key: string): void {
    const noted = this.#noted;
    if (this.#isOverrun || noted.has(kind, scope, key)) return;
    if (this.pending >= MAX_CHANGED) {
      this.#overrun();
      return;
    }
    if (noted.size === 0) noted.sinceMs = this.#clock.now();
    noted.add(kind, scope, key);
    this.#schedule(GATHER_MS);
  }

  #overrun(): void {
    this.#isOverrun = true;
    this.isSynced = false;
    this.#snapshotSinceMs = this.#clock.now();
    this.#snapshot = undefined;
    this.#noted.clear();
    this.#sending.clear();
    // With room in the socket and the window it goes on by itself, else by the ack or the drain that makes room.
    this.#schedule(GATHER_MS);
  }

  #beginAnew(): void {
    this.#isOverrun = false;
    this.isSynced = false;
    this.#snapshotSinceMs = this.#clock.now();
    this.#snapshot = allBatches(this.#sources);
  }

  #schedule(delayMs: number): void {
    if (this.#isClosed || this.#timer !== undefined) return;
    this.#timer = this.#clock.schedule(delayMs, () => {
      this.#timer = undefined;
      this.#pump();
    });
  }

  get #mayGoOn(): boolean {
    return !this.#isFull && !this.#isClosed && this.#unanswered.length < WINDOW;
  }

  /** Changes and the whole take turns: changes must not pile up while a large table is sent. */
  #pump(): void {
    if (this.#isOverrun && this.#mayGoOn) this.#beginAnew();
    let goesOn = true;
    while (goesOn && this.#mayGoOn) {
      const hasChanges = this.#sendChanged();
      goesOn = (this.#mayGoOn && this.#sendSnapshot()) || hasChanges;
    }
  }

  /** @returns whether there was anything to send */
  #sendSnapshot(): boolean {
    const next = this.#snapshot?.next();
    if (next === undefined) return false;
    if (next.done !== true) {
      this.#sendBatch(next.value, this.#snapshotSinceMs);
      return true;
    }
    this.#snapshot = undefined;
    this.isSynced = true;
    this.#send({ type: 'synced', batch: ++this.#batch }, this.#snapshotSinceMs);
    return false;
  }

  /** @returns whether there was anything to send */
  #sendChanged(): boolean {
    if (this.#sending.size === 0) {
      if (this.#noted.size === 0) return false;
      [this.#sending, this.#noted] = [this.#noted, this.#sending];
    }
    const { sinceMs } = this.#sending;
    const changed = this.#sending.take(BATCH);
    if (changed === undefined) return false;
    const { kind, scope, keys } = changed;
    const source = this.#sources[kind];
    const entries = keys.map((key): SentEntry => {
      const value = source?.read(scope, key);
      return value === undefined ? [key] : [key, value];
    });
    this.#sendBatch({ kind, scope, entries }, sinceMs);
    return true;
  }

  #sendBatch(batch: Batch, sinceMs: number): void {
    this.sent += batch.entries.length;
    this.#send({ type: 'entries', batch: ++this.#batch, ...batch }, sinceMs);
  }

  #send(message: ReplicaMessage, sinceMs: number): void {
    this.#unanswered.push({ batch: message.batch, sinceMs, sentAtMs: this.#clock.now() });
    if (!this.#sink.send(message)) this.#isFull = true;
    this.#stall ??= this.#clock.schedule(STALL_MS, () => this.#checkStall());
  }

  #checkStall(): void {
    this.#stall = undefined;
    const first = this.#unanswered[0];
    if (first === undefined || this.#isClosed) return;
    const leftMs = first.sentAtMs + STALL_MS - this.#clock.now();
    if (leftMs <= 0) this.#sink.close();
    else this.#stall = this.#clock.schedule(leftMs, () => this.#checkStall());
  }

  #endFlushes(batch: number): void {
    if (this.#flushes.length === 0) return;
    const done = this.#flushes.filter((flush) => flush.batch <= batch);
    this.#flushes = this.#flushes.filter((flush) => flush.batch > batch);
    for (const flush of done) flush.done();
  }
}
