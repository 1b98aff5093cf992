// How many connections the process has descriptors for.
import { readFileSync } from 'node:fs';

/** Descriptors kept free for listeners, files, health checks and the host program. */
const RESERVED = 200;

let limit: number | undefined;

/** Soft limit of open files of this process, read once; infinity where the system does not tell. */
function descriptorLimit(): number {
  limit ??= readLimit();
  return limit;
}

function readLimit(): number {
  try {
    const match = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1'));
    return match === null ? Number.POSITIVE_INFINITY : Number(match[1]);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

/**
 * `configured`, but never more than the descriptor limit less 200 allows.
 * @param perConnection - descriptors that one connection takes: 2 for a TCP relay (client and member)
 */
export function boundedByDescriptors(configured: number, perConnection: number): number {
  const room = Math.max(1, Math.floor((descriptorLimit() - RESERVED) / perConnection));
  return Math.min(configured, room);
}
