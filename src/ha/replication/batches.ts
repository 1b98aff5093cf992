// What is sent together: entries of one kind and scope.
import {
  REPLICA_KINDS,
  type ReplicaEntry,
  type ReplicaKind,
  type ReplicaSource,
  type ReplicaSources,
} from './source.js';

/** Entries in one message. */
export const BATCH = 128;

/** A key and its value; a key alone = it is gone. */
export type SentEntry = readonly [key: string, value?: unknown];

/** Entries of one scope. */
export interface Batch {
  readonly kind: ReplicaKind;
  readonly scope: string;
  readonly entries: readonly SentEntry[];
}

/** Everything there is, read batch by batch as it is then. */
export function* allBatches(sources: ReplicaSources): Generator<Batch, void, undefined> {
  for (const [kind, source] of sourcesOf(sources)) yield* batchesOf(kind, source.snapshot());
}

function* batchesOf(
  kind: ReplicaKind,
  all: Iterable<ReplicaEntry>,
): Generator<Batch, void, undefined> {
  let entries: SentEntry[] = [];
  let of = '';
  for (const { scope, key, value } of all) {
    if (entries.length === BATCH || (entries.length > 0 && scope !== of)) {
      yield { kind, scope: of, entries };
      entries = [];
    }
    of = scope;
    if (value !== undefined) entries.push([key, value]);
  }
  if (entries.length > 0) yield { kind, scope: of, entries };
}

export function* sourcesOf(
  sources: ReplicaSources,
): Generator<[kind: ReplicaKind, source: ReplicaSource], void, undefined> {
  for (const kind of REPLICA_KINDS) {
    const source = sources[kind];
    if (source !== undefined) yield [kind, source];
  }
}

/** Has a batch taken; what fits nowhere, or makes no sense to this node, is left out. */
export function applyBatch(sources: ReplicaSources, { kind, scope, entries }: Batch): void {
  const source = sources[kind];
  if (source === undefined) return;
  for (const [key, value] of entries) source.apply({ scope, key, value: value ?? undefined });
}
