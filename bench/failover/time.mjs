// One clock for all processes of a run.

/** Ms of the machine's monotonic clock: the same in every process. */
export function nowMs() {
  return Number(process.hrtime.bigint()) / 1e6;
}
