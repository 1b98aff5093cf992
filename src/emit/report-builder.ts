// Collects what becomes of each field while a spec is translated.
import { isDeepStrictEqual } from 'node:util';
import type { BalancerConfig } from '../spec/config.js';
import { inOrderOf, valueAt } from './config-paths.js';
import { defaultsFor } from './defaults-for.js';
import type { Fidelity, FidelityEntry, FidelityReport } from './fidelity.js';

/** An entry; whether the field has its default is found at the end, unless it is said. */
type Told = Omit<FidelityEntry, 'isDefault'> & { readonly isDefault?: false };

/** Says what becomes of a field; the sentence says how, or what differs. */
export class ReportBuilder {
  readonly #entries: Map<string, Told> = new Map();
  readonly #notes: Set<string> = new Set();

  exact(path: string, reason: string): void {
    this.#tell(path, 'exact', reason);
  }

  approximated(path: string, reason: string): void {
    this.#tell(path, 'approximated', reason);
  }

  /** The same of something that has no default: somebody wrote it, whatever its fields say. */
  written(path: string, reason: string): void {
    this.#tell(path, 'approximated', reason, { isDefault: false });
  }

  refused(path: string, reason: string): void {
    this.#tell(path, 'refused', reason);
  }

  /** It is the business of another program. */
  elsewhere(path: string, program: NonNullable<FidelityEntry['elsewhere']>, reason: string): void {
    this.#entries.set(path, { path, fidelity: 'refused', reason, elsewhere: program });
  }

  /** What differs whatever the spec says; each sentence once. */
  note(sentence: string): void {
    this.#notes.add(sentence);
  }

  /** Whether something is refused that no other program does. */
  get hasRefusals(): boolean {
    return [...this.#entries.values()].some(
      ({ fidelity, elsewhere }) => fidelity === 'refused' && elsewhere === undefined,
    );
  }

  /** Whether a field, or something that it is in, has an entry. */
  covers(leaf: string): boolean {
    const entries = this.#entries;
    if (entries.has(leaf) || entries.has('')) return true;
    for (let end = leaf.length - 1; end > 0; end--) {
      if ((leaf[end] === '.' || leaf[end] === '[') && entries.has(leaf.slice(0, end))) return true;
    }
    return false;
  }

  build(target: string, config: BalancerConfig): FidelityReport {
    const defaults = defaultsFor(config);
    const entries = inOrderOf(config, this.#entries.values());
    return {
      target,
      entries: entries.map((entry) => ({
        ...entry,
        isDefault:
          entry.isDefault ??
          isDeepStrictEqual(valueAt(config, entry.path), valueAt(defaults, entry.path)),
      })),
      notes: [...this.#notes],
    };
  }

  /** The worst that is said of a field stays. */
  #tell(
    path: string,
    fidelity: Fidelity,
    reason: string,
    more: Pick<Told, 'isDefault'> = {},
  ): void {
    const before = this.#entries.get(path);
    if (before !== undefined && RANK[before.fidelity] >= RANK[fidelity]) return;
    this.#entries.set(path, { path, fidelity, reason, ...more });
  }
}

const RANK: Readonly<Record<Fidelity, number>> = { exact: 0, approximated: 1, refused: 2 };
