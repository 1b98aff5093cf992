// Files that a spec names and that are kept in memory: read whole, up to a length.
import { readFileSync, type Stats, statSync } from 'node:fs';
import { SpecError } from '../../core/errors.js';

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
 * @param path - where the frontend's settings name it: `maintenance.page`
 * @throws SpecError `EK_FILE`, its path in the frontend, when it can't be read or is longer than `maxBytes`
 */
export function readSmallFile(file: string, path: string, maxBytes: number): SmallFile {
  let bytes: Buffer;
  let stats: Stats;
  try {
    stats = statSync(file);
    // A pipe or a device could keep everything waiting.
    if (!stats.isFile()) throw new Error('is no regular file');
    bytes = readFileSync(file);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw fileFault(path, `can't read "${file}": ${reason}`);
  }
  if (bytes.length > maxBytes) {
    throw fileFault(path, `"${file}" has ${bytes.length} bytes, at most ${maxBytes} are allowed`);
  }
  return { bytes, stamp: stampOf(stats) };
}

/** What is wrong with a file that the frontend's settings name at `path`. */
export function fileFault(path: string, ...messages: readonly string[]): SpecError {
  return new SpecError(messages.map((message) => ({ path, code: 'EK_FILE', message })));
}
