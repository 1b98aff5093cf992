// What is emitted for each spec of the corpus, as files: whoever changes the emitter's text reads what it becomes.
// `npx vitest run test/unit/haproxy/golden.test.ts --update` writes them anew; test/programs/haproxy-emitter.test.ts loads them.
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { refusalsOf } from '../../../src/emit/fidelity.js';
import { emitHaproxy } from '../../../src/haproxy/emit-haproxy.js';
import { CORPUS } from '../../corpus/index.js';

const FOLDER = path.join(import.meta.dirname, '..', '..', 'corpus', 'golden');

test('the corpus has many specs, each with a file name of its own', () => {
  const names = CORPUS.map(({ name }) => fileOf(name));
  expect(new Set(names).size).toBe(names.length);
  expect(names.length).toBeGreaterThanOrEqual(60);
  expect(readdirSync(FOLDER).filter((file) => !names.includes(file.replace(/\.cfg$/, '')))).toEqual(
    [],
  );
});

test.each(CORPUS)('$name', async ({ name, spec }) => {
  const { files, report } = emitHaproxy(spec);
  const refused = refusalsOf(report).map(({ path: place, reason }) => `# ${place}: ${reason}`);
  const config = files.find((file) => file.path === 'haproxy.cfg');
  const text =
    config === undefined ? `# refused\n${refused.join('\n')}\n` : masked(String(config.content));
  await expect(text).toMatchFileSnapshot(path.join(FOLDER, `${fileOf(name)}.cfg`));
});

/** Without what changes by itself: the version, the hash of the spec, which may hold a certificate made anew. */
function masked(text: string): string {
  return text
    .replace(/evenkeel \S+ for/, 'evenkeel VERSION for')
    .replace(/\(hash \w+\)/, '(hash HASH)');
}

/** `http: long access list` -> `http-long-access-list`. */
function fileOf(name: string): string {
  return name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replace(/-$/, '');
}
