// How the commands tell what they can't write: a line for people.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { writeOut } from '../../../src/cli/write-out.js';
import { writeFiles } from '../../../src/emit/write-files.js';

const folder = mkdtempSync(path.join(tmpdir(), 'evenkeel-out-'));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string): string => path.join(folder, name);
writeFileSync(at('file'), '');
mkdirSync(at('folder/haproxy.cfg'), { recursive: true });
const FILES = [{ path: 'haproxy.cfg', content: 'x', mode: 0o644 }];

function failing(code: string): () => Promise<void> {
  return async () => {
    throw Object.assign(new Error(`${code}: as the system says it`), { code });
  };
}

describe('writeOut', () => {
  test.each([
    ['file', () => writeFiles(at('file'), FILES), 'it is a file, not a directory'],
    ['file/a', () => writeFiles(at('file/a'), FILES), `${at('file')} is a file, not a directory`],
    ['file/a', () => writeFile(at('file/a'), ''), `${at('file')} is a file, not a directory`],
    ['file/a/b', () => mkdir(at('file/a/b')), `${at('file')} is a file, not a directory`],
    ['folder', () => writeFile(at('folder'), ''), 'it is a directory, not a file'],
    [
      'folder',
      () => writeFiles(at('folder'), FILES),
      `${at('folder/haproxy.cfg')} is a directory, not a file`,
    ],
    ['none/a', () => writeFile(at('none/a'), ''), 'its directory is not there'],
    ['x', failing('EACCES'), 'it may not be written (permission denied)'],
    ['x', failing('EROFS'), 'its file system is read-only'],
    ['x', failing('ENOSPC'), 'the disk is full'],
    ['x', failing('EIO'), 'EIO: as the system says it'],
  ])('%s, %s: %s', async (name, write, reason) => {
    const told = expect(writeOut(at(name), write)).rejects;
    await told.toMatchObject({ code: 'EK_FILE', message: `${at(name)}: ${reason}` });
  });

  test('gives what was written for', async () => {
    await expect(writeOut(at('x'), async () => undefined)).resolves.toBeUndefined();
  });
});
