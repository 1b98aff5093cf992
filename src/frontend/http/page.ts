// Answers from files: read whole when a handler is built, so that no request ever waits for a disk.
import path from 'node:path';
import { readSmallFile } from './small-file.js';

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
  const { bytes } = readSmallFile(file, place, PAGE_BYTES);
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
