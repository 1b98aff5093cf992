// How faithfully another program carries out a spec: one entry per field.

/**
 * `exact`: behaves as in process. `approximated`: does nearly the same; the reason says what differs.
 * `refused`: can't be carried out there.
 */
export type Fidelity = 'exact' | 'approximated' | 'refused';

/** What became of one field of a spec. */
export interface FidelityEntry {
  /** `frontends[0].timeouts.total`; it stands for everything below it that has no entry of its own. */
  readonly path: string;
  readonly fidelity: Fidelity;
  /** One sentence. */
  readonly reason: string;
  /** The program that does carry it out: the rest of the spec is emitted without it. */
  readonly elsewhere?: 'haproxy' | 'nginx' | 'keepalived';
  /** Whether the field has the value that it has when nobody writes it. */
  readonly isDefault: boolean;
}

/** What became of every field of a spec. */
export interface FidelityReport {
  /** `haproxy 2.6`, `nginx`, `keepalived`. */
  readonly target: string;
  /** In the order of the spec. */
  readonly entries: readonly FidelityEntry[];
  /** What is different whatever the spec says. */
  readonly notes: readonly string[];
}

/** The entries for which no files are written: refused, and not the business of another program. */
export function refusalsOf(report: FidelityReport): readonly FidelityEntry[] {
  return report.entries.filter(
    ({ fidelity, elsewhere }) => fidelity === 'refused' && elsewhere === undefined,
  );
}

/**
 * The entries on which a strict run fails: every refusal, and what somebody wrote that is only approximated.
 * A default that another program does a little differently is told, but fails nothing; nor does what another emitter writes.
 */
export function inexactOf(report: FidelityReport): readonly FidelityEntry[] {
  return report.entries.filter(
    ({ fidelity, isDefault, elsewhere }) =>
      elsewhere === undefined &&
      (fidelity === 'refused' || (fidelity === 'approximated' && !isDefault)),
  );
}
