// Answers from files: read whole when a handler is built, so that no request ever waits for a disk.
import { extname } from 'node:path';
import { SpecError, type SpecIssue } from '../../core/errors.js';
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
 * @param path - where the frontend's settings name it: `maintenance.page`
 * @throws SpecError `EK_FILE`, its path in the frontend, when it can't be read or is longer than {@link PAGE_BYTES}
 */
export function readPage(file: string, path: string): Page {
  const { bytes } = readSmallFile(file, path, PAGE_BYTES);
  const type = TYPES[extname(file).toLowerCase()] ?? 'text/plain; charset=utf-8';
  return { body: bytes.toString('latin1'), type };
}

/** The pages of `errorPages`, by status; undefined = there are none. @throws SpecError `EK_FILE` with every bad one */
export function readErrorPages(
  files: Readonly<Record<string, string>> | undefined,
): ReadonlyMap<number, Page> | undefined {
  if (files === undefined) return undefined;
  const pages = new Map<number, Page>();
  const issues: SpecIssue[] = [];
  for (const [status, file] of Object.entries(files)) {
    try {
      pages.set(Number(status), readPage(file, `errorPages["${status}"]`));
    } catch (error) {
      if (!(error instanceof SpecError)) throw error;
      issues.push(...error.issues);
    }
  }
  if (issues.length > 0) throw new SpecError(issues);
  return pages;
}
