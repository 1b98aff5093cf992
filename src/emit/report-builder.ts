// Collects what becomes of each field while a spec is translated.
import { isDeepStrictEqual } from 'node:util';
import type { BalancerConfig } from '../spec/config.js';
import { comparePaths, valueAt } from './config-paths.js';
import { defaultsFor } from './defaults-for.js';
import type { Fidelity, FidelityEntry, FidelityReport } from './fidelity.js';

/** Says what becomes of a field; the sentence says how, or what differs. */
export class ReportBuilder {
  readonly #entries: Map<string, Omit<FidelityEntry, 'isDefault'>> = new Map();
  readonly #notes: Set<string> = new Set();

  exact(path: string, reason: string): void {
    this.#tell(path, 'exact', reason);
  }

  approximated(path: string, reason: string): void {
    this.#tell(path, 'approximated', reason);
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

  /** Whether an entry's path is such. */
  has(test: (path: string) => boolean): boolean {
    return [...this.#entries.keys()].some(test);
  }

  build(target: string, config: BalancerConfig): FidelityReport {
    const defaults = defaultsFor(config);
    const entries = [...this.#entries.values()].sort((a, b) =>
      comparePaths(config, a.path, b.path),
    );
    return {
      target,
      entries: entries.map((entry) => ({
        ...entry,
        isDefault: isDeepStrictEqual(valueAt(config, entry.path), valueAt(defaults, entry.path)),
      })),
      notes: [...this.#notes],
    };
  }

  /** The worst that is said of a field stays. */
  #tell(path: string, fidelity: Fidelity, reason: string): void {
    const before = this.#entries.get(path);
    if (before !== undefined && RANK[before.fidelity] >= RANK[fidelity]) return;
    this.#entries.set(path, { path, fidelity, reason });
  }
}

const RANK: Readonly<Record<Fidelity, number>> = { exact: 0, approximated: 1, refused: 2 };
