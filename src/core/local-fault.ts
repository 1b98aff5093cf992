// Faults of this machine, which say nothing about whoever was called: another one could not be reached either.

const CODES: ReadonlySet<unknown> = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM']);

/** Whether this machine had no descriptor or memory left for it. */
export function isLocalFault(error: unknown): boolean {
  // Node tries every address of a name and reports them together.
  if (error instanceof AggregateError) return error.errors.some(isLocalFault);
  return error instanceof Error && 'code' in error && CODES.has(error.code);
}
