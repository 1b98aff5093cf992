// A kind of state whose changes are heard of only while somebody copies it.
import type { LimiterShelf } from '../../frontend/limits/limiter-shelf.js';
import type { ReplicaEntry, ReplicaSource } from '../../ha/replication/source.js';
import type { Pool } from '../../pool/pool.js';

/** @internal What runs now, as far as there is anything to copy of it. */
export interface ReplicaCast {
  readonly pools: ReadonlyMap<string, Pool>;
  readonly frontends: ReadonlyMap<string, { readonly limiters: LimiterShelf }>;
}

/** @internal Hears of every change. */
export type Changed = (scope: string, key: string) => void;

/** @internal What a kind of state says of itself. */
export interface Tapped {
  snapshot(): Iterable<ReplicaEntry>;
  read(scope: string, key: string): unknown;
  apply(entry: ReplicaEntry): void;
  /** Has everything that runs now tell `changed`; returns a function that stops it. */
  tap(changed: Changed): () => void;
}

/** @internal One tap for all who copy. */
export class TappedSource implements ReplicaSource {
  readonly #tapped: Tapped;
  #watchers: readonly Changed[] = [];
  #stop: (() => void) | undefined;

  constructor(tapped: Tapped) {
    this.#tapped = tapped;
  }

  snapshot(): Iterable<ReplicaEntry> {
    return this.#tapped.snapshot();
  }

  read(scope: string, key: string): unknown {
    return this.#tapped.read(scope, key);
  }

  apply(entry: ReplicaEntry): void {
    this.#tapped.apply(entry);
  }

  watch(changed: Changed): () => void {
    this.#use([...this.#watchers, changed]);
    return () => this.#use(this.#watchers.filter((watcher) => watcher !== changed));
  }

  /** Other pools or frontends run now. */
  onCastChanged(): void {
    this.#use(this.#watchers);
  }

  #use(watchers: readonly Changed[]): void {
    this.#watchers = watchers;
    this.#stop?.();
    this.#stop = undefined;
    const [only] = watchers;
    if (only === undefined) return;
    const tell: Changed = (scope, key) => {
      for (const watcher of watchers) watcher(scope, key);
    };
    this.#stop = this.#tapped.tap(watchers.length === 1 ? only : tell);
  }
}
