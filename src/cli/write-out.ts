// Writing where the command line said, and what is in its way.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { EvenkeelError } from '../core/errors.js';

/** What people read instead of the system's words. */
const WRITE_FAULTS: Readonly<Record<string, string>> = {
  ENOENT: 'its directory is not there',
  EACCES: 'it may not be written (permission denied)',
  EPERM: 'it may not be written (permission denied)',
  EROFS: 'its file system is read-only',
  ENOSPC: 'the disk is full',
};

/**
 * Does what writes `target`, a file or a directory.
 * @throws EK_FILE that says what can't be written and why: `out/web: out is a file, not a directory`
 */
export async function writeOut(target: string, write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (cause) {
    const message = `${target}: ${reasonOf(cause, target)}`;
    throw new EvenkeelError('EK_FILE', message, { side: 'client', cause });
  }
}

function reasonOf(error: unknown, target: string): string {
  if (!(error instanceof Error)) return String(error);
  const { code = '', path: place = target, dest = place }: SystemError = error;
  switch (code) {
    case 'EISDIR':
      return `${nameOf(dest, target)} is a directory, not a file`;
    case 'EEXIST':
    case 'ENOTDIR':
      return `${nameOf(fileAbove(place), target)} is a file, not a directory`;
    default:
      return WRITE_FAULTS[code] ?? error.message;
  }
}

/** What Node tells of a failed call; `dest` is where a file was to be moved to. */
type SystemError = NodeJS.ErrnoException & { readonly dest?: string };

function nameOf(place: string, target: string): string {
  return path.resolve(place) === path.resolve(target) ? 'it' : place;
}

/** What is there of a path whose folders are not all there. */
function fileAbove(place: string): string {
  const above = path.dirname(place);
  return above === place || existsSync(place) ? place : fileAbove(above);
}
