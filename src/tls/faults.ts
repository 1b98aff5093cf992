// Faults of certificates, keys and authorities, each with its place in the spec.
import type { SpecIssue } from '../core/errors.js';

/** Collects what is wrong, so that everything is said at once. */
export class Faults {
  readonly issues: SpecIssue[] = [];

  /** @param path - relative to the frontend or pool: `tls.certificates[1].key` */
  add(path: string, message: string): void {
    this.issues.push({ path, code: 'EK_CERTIFICATE', message });
  }
}
