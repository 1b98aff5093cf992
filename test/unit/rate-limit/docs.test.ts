// docs/rate-limiting.md: its program prints what its comments say, its settings are valid.
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { parseFrontend } from '../../../src/spec/parse.js';
import { blocksOf, runProgram } from '../../support/docs-program.js';

const PAGE = 'docs/rate-limiting.md';

test('the limiter without a proxy in docs/rate-limiting.md works as it says', async () => {
  const [program = ''] = blocksOf(PAGE, 'ts');
  const { logged, promised } = await runProgram(program);
  expect(logged).toEqual(promised);
  expect(promised).toHaveLength(4);
});

test('every setting in docs/rate-limiting.md is valid', () => {
  const frontends = blocksOf(PAGE, 'yaml').flatMap((text) => parse(text).frontends);
  expect(frontends).not.toHaveLength(0);
  for (const frontend of frontends) expect(() => parseFrontend(frontend)).not.toThrow();
});
