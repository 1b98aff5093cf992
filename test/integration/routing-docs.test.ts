// docs/routing.md: its program prints what its comments say, its settings are valid, and what it calls refused is refused.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { regexProblem } from '../../src/core/regex.js';
import { parseSpec } from '../../src/spec/parse.js';
import { blocksOf, runProgram } from '../support/docs-program.js';

const PAGE = 'docs/routing.md';
const page: string = readFileSync(path.resolve(import.meta.dirname, '../..', PAGE), 'utf8');

test('the program in docs/routing.md works as it says', async () => {
  const [program = ''] = blocksOf(PAGE, 'ts');
  const { logged, promised } = await runProgram(program);
  expect(promised).toHaveLength(8);
  expect(logged).toEqual(promised);
});

test('the settings in docs/routing.md are valid', () => {
  const [text = ''] = blocksOf(PAGE, 'yaml');
  const pools = ['web', 'api', 'canary'].map((name) => ({ name, members: ['192.0.2.1:80'] }));
  expect(parseSpec({ ...parse(text), pools }).frontends[0]?.routes).toHaveLength(5);
});

test('every pattern that docs/routing.md calls refused is refused', () => {
  const table = page.split('| refused |')[1]?.split('\n\n')[0] ?? '';
  const cells = table
    .split('\n')
    .slice(2)
    .map((line) => line.split(' | ')[1] ?? '');
  const patterns = cells.flatMap((cell) =>
    [...cell.matchAll(/`([^`]+)`/g)].map(([, code]) => code!),
  );
  expect(patterns.length).toBeGreaterThan(25);
  expect(patterns.filter((pattern) => regexProblem(pattern) === undefined)).toEqual([]);
});
