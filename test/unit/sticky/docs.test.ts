// docs/stickiness.md: its program prints what its comments say, its settings are valid.
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { parsePool } from '../../../src/spec/parse.js';
import { blocksOf, runProgram } from '../../support/docs-program.js';

test('the program in docs/stickiness.md works as it says', async () => {
  const [, program = ''] = blocksOf('docs/stickiness.md', 'ts');
  const { logged, promised } = await runProgram(program);
  expect(promised).toHaveLength(6);
  expect(logged).toEqual(promised);
});

test('the settings in docs/stickiness.md are valid', () => {
  const [text = ''] = blocksOf('docs/stickiness.md', 'yaml');
  const [pool] = parse(text).pools;
  expect(parsePool(pool).sticky).toMatchObject({ mode: 'cookie', sameSite: 'Lax' });
});
