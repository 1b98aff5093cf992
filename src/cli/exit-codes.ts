// What the process's exit code says; docs/cli.md has the same table.

/** Exit codes of `evenkeel`. */
export const EXIT = {
  /** It did what it was asked to; `run` was stopped by a signal. */
  ok: 0,
  /** The spec has faults, or its file can't be read; the demo lost a request; `emit` refused something. */
  failed: 1,
  /** An unknown command or option, or an argument too few. */
  usage: 2,
  /** The spec is good, but could not be started: an address is in use, a port is not permitted. */
  notStarted: 3,
} as const;
