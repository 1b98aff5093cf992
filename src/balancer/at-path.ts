// Faults that a piece reports about itself, told at its place in the whole spec.
import { SpecError, type SpecIssue } from '../core/errors.js';

/** @internal `tls.certificates[0].key` of `frontends[1]` -> `frontends[1].tls.certificates[0].key`. */
export function issuesAt(path: string, error: SpecError): readonly SpecIssue[] {
  return error.issues.map((issue) => ({
    ...issue,
    path: issue.path === '' ? path : `${path}.${issue.path}`,
  }));
}

/** @internal Makes several pieces, and throws the faults of all of them at once. */
export class FaultsByPath {
  readonly #issues: SpecIssue[] = [];

  /** What `work` returns, or undefined when it has faults. */
  collect<Result>(path: string, work: () => Result): Result | undefined {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof SpecError)) throw error;
      this.#issues.push(...issuesAt(path, error));
      return undefined;
    }
  }

  /** @throws SpecError if anything had faults */
  throwAny(): void {
    if (this.#issues.length > 0) throw new SpecError(this.#issues);
  }
}
