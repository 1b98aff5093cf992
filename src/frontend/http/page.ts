// Answers from files: read whole when a handler is built, so that no request ever waits for a disk.
import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { EvenkeelError } from '../../core/errors.js';

/** Most bytes of a page: it is kept in memory, and sent in one piece. */
export const PAGE_BYTES = 262_144;

/** Media types by the end of a file's name; anything else is plain text. */
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.htm': 'text/html; charset=utf-8',
  '.json': 'application/json',
  '.xml': 'application/xml',
  '.svg': 'image/svg+xml',
};

/** The body of an answer. */
export interface Page {
  /** Its bytes as latin1 text. */
  readonly body: string;
  readonly type: string;
}

/**
 * Reads a page.
 * @param place - where the spec names it, for the error: `frontend "public": maintenance.page`
 * @throws EvenkeelError `EK_FILE` when it can't be read or is longer than {@link PAGE_BYTES}
 */
export function readPage(file: string, place: string): Page {
  let bytes: Buffer;
  try {
    // A pipe or a device could keep everything waiting.
    if (!statSync(file).isFile()) throw new Error('is no regular file');
    bytes = readFileSync(file);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new EvenkeelError('EK_FILE', `${place}: can't read "${file}": ${reason}`, {
      cause: error,
    });
  }
  if (bytes.length > PAGE_BYTES) {
    const message = `${place}: "${file}" has ${bytes.length} bytes, at most ${PAGE_BYTES} are allowed`;
    throw new EvenkeelError('EK_FILE', message);
  }
  const type = TYPES[path.extname(file).toLowerCase()] ?? 'text/plain; charset=utf-8';
  return { body: bytes.toString('latin1'), type };
}

/** The pages of `errorPages`, by status; undefined = there are none. @throws EvenkeelError `EK_FILE` */
export function readErrorPages(
  files: Readonly<Record<string, string>> | undefined,
  frontend: string,
): ReadonlyMap<number, Page> | undefined {
  if (files === undefined) return undefined;
  const pages = new Map<number, Page>();
  for (const [status, file] of Object.entries(files)) {
    pages.set(Number(status), readPage(file, `frontend "${frontend}": errorPages["${status}"]`));
  }
  return pages;
}
