// docs/pools.md: its program runs and prints what its comments say, its settings are valid.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test, vi } from 'vitest';
import { parse } from 'yaml';
import { parsePool } from '../../../src/spec/parse.js';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const page = readFileSync(path.join(ROOT, 'docs/pools.md'), 'utf8');

test('the pool without a proxy in docs/pools.md works as it says', async () => {
  const program = /```ts\n(import[\s\S]*?)```/.exec(page)?.[1] ?? '';
  const promised = [...program.matchAll(/console\.log.*\/\/ (.*)/g)].map((match) => match[1]);
  const source = path.join(ROOT, 'src/index.ts');
  const folder = mkdtempSync(path.join(ROOT, 'node_modules/.pools-docs-'));
  const file = path.join(folder, 'program.ts');
  writeFileSync(file, program.replace("'evenkeel'", JSON.stringify(source)));
  const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  try {
    await import(file);
    expect(log.mock.calls.map((words) => words.join(' '))).toEqual(promised);
    expect(promised).toHaveLength(3);
  } finally {
    log.mockRestore();
    rmSync(folder, { recursive: true });
  }
});

test('every setting in docs/pools.md is valid', () => {
  const texts = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map((match) => match[1] ?? '');
  const host = { extensions: { registry: () => [] } };
  const pools = texts.flatMap((text) => {
    const value = parse(text);
    return value.pools ?? [value];
  });
  expect(pools).toHaveLength(5);
  for (const pool of pools) expect(() => parsePool(pool, host)).not.toThrow();
});
