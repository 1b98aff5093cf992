// Processor time of a candidate over a load.
import { cpuNs, residentKiB } from './children.mjs';

/** Runs `load` and returns its result with the nanoseconds the candidate worked meanwhile. */
export async function withCpu(child, load) {
  const before = cpuNs(child.pid);
  const result = await load();
  return {
    ...result,
    cpuNs: cpuNs(child.pid) - before,
    residentMiB: residentKiB(child.pid) / 1024,
  };
}
