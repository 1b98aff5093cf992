// What can be copied from the active node to the others: the contract that stores are fitted to.

/** Kinds of state, as the spec names them. */
export type ReplicaKind = 'sticky' | 'rate-limit' | 'health';

/** In the order in which they are sent. */
export const REPLICA_KINDS: readonly ReplicaKind[] = ['health', 'rate-limit', 'sticky'];

/** One thing that is copied. */
export interface ReplicaEntry {
  /** Where it belongs: a pool, a limit. */
  readonly scope: string;
  readonly key: string;
  /** JSON of a few kilobytes at most; undefined = it is gone. Times in it are ages: the clocks of two nodes have nothing in common. */
  readonly value: unknown;
}

/** One kind of state of this node. Everything answers at once. */
export interface ReplicaSource {
  /** All of it, in any order, while it may go on to change. */
  snapshot(): Iterable<ReplicaEntry>;
  /** What is there now; undefined = nothing. */
  read(scope: string, key: string): unknown;
  /** Calls back on every change, also of what is read only the next moment; returns a function that stops it. */
  watch(changed: (scope: string, key: string) => void): () => void;
  /** Takes what another node had. What fits nowhere is left out. */
  apply(entry: ReplicaEntry): void;
}

/** What is copied, by kind. */
export type ReplicaSources = Readonly<Partial<Record<ReplicaKind, ReplicaSource>>>;
