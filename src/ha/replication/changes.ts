// The names of what changed since it was sent last: each once, by kind and scope.
import { ownText } from '../../core/own-text.js';
import { REPLICA_KINDS, type ReplicaKind } from './source.js';

/** Some names of one scope. */
export interface ChangedKeys {
  readonly kind: ReplicaKind;
  readonly scope: string;
  readonly keys: readonly string[];
}

/** Noting a name that is noted already allocates nothing. */
export class Changes {
  readonly #kinds: Record<ReplicaKind, Map<string, Set<string>>> = {
    health: new Map(),
    sticky: new Map(),
    'rate-limit': new Map(),
  };
  #size = 0;
  /** When the first of them was noted, the caller's ms; of no meaning while there is none. */
  sinceMs: number = Number.NaN;

  get size(): number {
    return this.#size;
  }

  has(kind: ReplicaKind, scope: string, key: string): boolean {
    return this.#kinds[kind].get(scope)?.has(key) === true;
  }

  /** One that is not there yet. */
  add(kind: ReplicaKind, scope: string, key: string): void {
    const scopes = this.#kinds[kind];
    let keys = scopes.get(scope);
    if (keys === undefined) {
      keys = new Set();
      scopes.set(scope, keys);
    }
    keys.add(ownText(key));
    this.#size++;
  }

  /** Takes the oldest ones of one scope out, at most so many; undefined = there is none. */
  take(max: number): ChangedKeys | undefined {
    for (const kind of REPLICA_KINDS) {
      for (const [scope, keys] of this.#kinds[kind]) {
        const taken: string[] = [];
        for (const key of keys) {
          if (taken.length === max) break;
          taken.push(key);
          keys.delete(key);
        }
        if (keys.size === 0) this.#kinds[kind].delete(scope);
        this.#size -= taken.length;
        return { kind, scope, keys: taken };
      }
    }
    return undefined;
  }

  clear(): void {
    for (const scopes of Object.values(this.#kinds)) scopes.clear();
    this.#size = 0;
  }
}
