// The active node's end of one replication connection: everything once, then what changes, no faster than the other end takes it.
import type { Clock, ClockTimer } from '../../core/clock.js';
import type { ReplicaMessage } from './frames.js';
import type { ReplicaEntry, ReplicaKind, ReplicaSource, ReplicaSources } from './source.js';

/** Changes are gathered for so long, ms: one that changes often is sent once. */
const GATHER_MS = 20;
/** Entries in one message. */
const BATCH = 256;
/** Messages that may be unanswered. */
const WINDOW = 16;
/** Changed entries that are remembered; past it the connection begins anew with everything. */
const MAX_CHANGED = 65_536;

/** What it sends by. */
export interface PublisherSink {
  /** @returns false = full: `resume` is called when there is room */
  send(message: ReplicaMessage): boolean;
}

/** Sends to one other node. Memory: names of changed entries, at most {@link MAX_CHANGED}; values are read when they are sent. */
export class Publisher {
  readonly #sources: ReplicaSources;
  readonly #sink: PublisherSink;
  readonly #clock: Clock;
  readonly #changed: Map<string, Changed> = new Map();
  readonly #unanswered: { readonly batch: number; readonly atMs: number }[] = [];
  readonly #stops: (() => void)[] = [];
  #snapshot: Iterator<Batch> | undefined;
  #batch = 0;
  #isFull = false;
  #isClosed = false;
  #timer: ClockTimer | undefined;
  /** Entries sent so far. */
  sent = 0;
  /** Whether everything was sent once. */
  isSynced = false;

  constructor(sources: ReplicaSources, sink: PublisherSink, clock: Clock) {
    this.#sources = sources;
    this.#sink = sink;
    this.#clock = clock;
  }

  start(): void {
    for (const [kind, source] of sourcesOf(this.#sources))
      this.#stops.push(source.watch((scope, key) => this.#note({ kind, scope, key, sinceMs: 0 })));
    this.#snapshot = batches(this.#sources);
    this.#schedule(0);
  }

  /** How old the oldest change is that is not known to be in force at the other end, ms; 0 = none is. */
  get lagMs(): number {
    const first = this.#changed.values().next().value?.sinceMs ?? Number.POSITIVE_INFINITY;
    const oldest = Math.min(this.#unanswered[0]?.atMs ?? Number.POSITIVE_INFINITY, first);
    return oldest === Number.POSITIVE_INFINITY ? 0 : Math.max(0, this.#clock.now() - oldest);
  }

  /** Changes that wait to be sent. */
  get pending(): number {
    return this.#changed.size;
  }

  onAck(batch: number): void {
    while ((this.#unanswered[0]?.batch ?? Number.POSITIVE_INFINITY) <= batch)
      this.#unanswered.shift();
    this.#schedule(0);
  }

  /** There is room again. */
  resume(): void {
    this.#isFull = false;
    this.#schedule(0);
  }

  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
    for (const stop of this.#stops) stop();
    this.#changed.clear();
  }

  #note(change: Changed): void {
    const name = `${change.kind}\n${change.scope}\n${change.key}`;
    if (this.#changed.has(name)) return;
    if (this.#changed.size >= MAX_CHANGED) {
      this.#changed.clear();
      this.isSynced = false;
      this.#snapshot = batches(this.#sources);
    }
    this.#changed.set(name, { ...change, sinceMs: this.#clock.now() });
    this.#schedule(GATHER_MS);
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

  #pump(): void {
    while (this.#mayGoOn) {
      const next = this.#snapshot?.next();
      if (next === undefined) break;
      if (next.done === true) {
        this.#snapshot = undefined;
        this.isSynced = true;
        this.#send({ type: 'synced', batch: ++this.#batch });
      } else this.#sendEntries(next.value.kind, next.value.entries);
    }
    if (this.#snapshot !== undefined) return;
    while (this.#mayGoOn && this.#changed.size > 0) this.#sendChanged();
  }

  /** The oldest changes of one kind. */
  #sendChanged(): void {
    const entries: ReplicaEntry[] = [];
    let kind: ReplicaKind | undefined;
    for (const [name, change] of this.#changed) {
      kind ??= change.kind;
      if (change.kind !== kind || entries.length === BATCH) break;
      this.#changed.delete(name);
      const { scope, key } = change;
      entries.push({ scope, key, value: this.#sources[kind]?.read(scope, key) });
    }
    if (kind !== undefined) this.#sendEntries(kind, entries);
  }

  #sendEntries(kind: ReplicaKind, entries: readonly ReplicaEntry[]): void {
    this.sent += entries.length;
    this.#send({ type: 'entries', batch: ++this.#batch, kind, entries });
  }

  #send(message: ReplicaMessage): void {
    this.#unanswered.push({ batch: message.batch, atMs: this.#clock.now() });
    if (!this.#sink.send(message)) this.#isFull = true;
  }
}

interface Changed {
  readonly kind: ReplicaKind;
  readonly scope: string;
  readonly key: string;
  readonly sinceMs: number;
}

interface Batch {
  readonly kind: ReplicaKind;
  readonly entries: readonly ReplicaEntry[];
}

function* batches(sources: ReplicaSources): Generator<Batch, void, undefined> {
  for (const [kind, source] of sourcesOf(sources)) {
    let entries: ReplicaEntry[] = [];
    for (const entry of source.snapshot()) {
      entries.push(entry);
      if (entries.length < BATCH) continue;
      yield { kind, entries };
      entries = [];
    }
    if (entries.length > 0) yield { kind, entries };
  }
}

function* sourcesOf(sources: ReplicaSources): Generator<[ReplicaKind, ReplicaSource]> {
  for (const kind of ['health', 'sticky', 'rate-limit'] as const) {
    const source = sources[kind];
    if (source !== undefined) yield [kind, source];
  }
}
