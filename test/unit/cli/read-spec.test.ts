import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseSpecText, readSpecFile } from '../../../src/cli/read-spec.js';

describe('parseSpecText', () => {
  test('reads YAML and JSON alike', () => {
    const value = { name: 'web', pools: [{ name: 'a', members: ['10.0.0.1:80'] }] };
    expect(
      parseSpecText('name: web\npools:\n  - name: a\n    members: ["10.0.0.1:80"]', 's'),
    ).toEqual(value);
    expect(parseSpecText(JSON.stringify(value), 's')).toEqual(value);
  });

  test('follows anchors and merge keys', () => {
    expect(parseSpecText('a: &x {k: 1}\nb: {<<: *x, l: 2}', 's')).toEqual({
      a: { k: 1 },
      b: { k: 1, l: 2 },
    });
  });

  test.each([
    ['a bad indent', 'name: web\n  pools: []', 'web.yaml:1:7: '],
    ['an unclosed bracket', 'name: web\npools: [', 'web.yaml:2:9: '],
    ['a repeated key', 'name: a\nname: b', 'web.yaml:2:1: Map keys must be unique'],
    ['a second document', 'name: a\n---\nname: b', 'web.yaml:2:1: a second document begins'],
    ['a tag nobody knows', 'name: !secret a', 'web.yaml:1:7: Unresolved tag'],
    ['an alias without anchor', 'name: *nowhere', 'web.yaml: Unresolved alias'],
    ['nothing', '# only a comment\n', 'web.yaml: it is empty'],
  ])('says where it found %s', (_fault, source, start) => {
    expect(() => parseSpecText(source, 'web.yaml')).toThrow(
      expect.objectContaining({
        code: 'EK_SPEC_FILE',
        message: expect.stringContaining(start),
      }),
    );
  });

  test('refuses aliases that would grow without bound', () => {
    const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
    for (let i = 1; i < 9; i++)
      lines.push(
        `a${i}: &a${i} [${Array.from({ length: 10 })
          .fill(`*a${i - 1}`)
          .join(', ')}]`,
      );
    expect(() => parseSpecText(lines.join('\n'), 's')).toThrow(/alias/i);
  });
});

describe('readSpecFile', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'evenkeel-read-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  test('reads a file', async () => {
    const file = path.join(folder, 'web.yaml');
    await writeFile(file, 'name: web');
    await expect(readSpecFile(file)).resolves.toEqual({ name: 'web' });
  });

  test('says that a file is missing, or is a directory', async () => {
    const missing = path.join(folder, 'nowhere.yaml');
    await expect(readSpecFile(missing)).rejects.toMatchObject({
      code: 'EK_SPEC_FILE',
      message: `${missing}: there is no such file`,
    });
    await expect(readSpecFile(folder)).rejects.toMatchObject({
      code: 'EK_SPEC_FILE',
      message: `${folder}: it is a directory, not a file`,
    });
  });
});
