// Writes what was emitted into a directory.
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { EmittedFile } from './emitted-file.js';

/**
 * Writes each file whole or not at all; files of the same path are replaced, others are left alone.
 * @throws Error of the file system
 */
export async function writeFiles(directory: string, files: readonly EmittedFile[]): Promise<void> {
  for (const { path: name, content, mode } of files) {
    const file = path.join(directory, name);
    await mkdir(path.dirname(file), { recursive: true });
    // A secret is never there for a moment with the permissions of its forerunner.
    const draft = `${file}.${randomBytes(6).toString('hex')}`;
    await writeFile(draft, content, { mode, flag: 'wx' });
    await chmod(draft, mode);
    await rename(draft, file);
  }
}
