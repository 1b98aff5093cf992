// Files that a spec names and that are kept in memory: read whole, up to a length.
import { readFileSync, type Stats, statSync } from 'node:fs';
import { EvenkeelError } from '../../core/errors.js';

/** A file's bytes, and what tells whether it has changed since. */
export interface SmallFile {
  readonly bytes: Buffer;
  /** {@link stampOf} just before it was read. */
  readonly stamp: string;
}

/** Differs when a file was written or replaced. */
export function stampOf({ mtimeMs, size, ino }: Stats): string {
  return `${mtimeMs} ${size} ${ino}`;
}

/**
 * Reads a file; blocks, so it is for the time when settings are made ready.
 * @param place - where the spec names it, for the error: `frontend "public": maintenance.page`
 * @throws EvenkeelError `EK_FILE` when it can't be read or is longer than `maxBytes`
 */
export function readSmallFile(file: string, place: string, maxBytes: number): SmallFile {
  let bytes: Buffer;
  let stats: Stats;
  try {
    stats = statSync(file);
    // A pipe or a device could keep everything waiting.
    if (!stats.isFile()) throw new Error('is no regular file');
    bytes = readFileSync(file);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const message = `${place}: can't read "${file}": ${reason}`;
    throw new EvenkeelError('EK_FILE', message, { cause: error });
  }
  if (bytes.length > maxBytes) {
    const message = `${place}: "${file}" has ${bytes.length} bytes, at most ${maxBytes} are allowed`;
    throw new EvenkeelError('EK_FILE', message);
  }
  return { bytes, stamp: stampOf(stats) };
}
