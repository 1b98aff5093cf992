// docs/ha.md: its program does what its comments say, and its settings are valid.
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { parseSpec } from '../../src/spec/parse.js';
import { blocksOf, runProgram } from '../support/docs-program.js';

const PAGE = 'docs/ha.md';

test('the program in docs/ha.md works as it says', async () => {
  const [program = ''] = blocksOf(PAGE, 'ts');
  const { logged, promised } = await runProgram(program);
  expect(promised).toEqual(['first has it', 'second has it', 'first has it', 'second has it']);
  expect(logged).toEqual(promised);
});

test('the settings in docs/ha.md are valid', () => {
  const [text = ''] = blocksOf(PAGE, 'yaml');
  const pools = [{ name: 'web', members: ['192.0.2.1:80'] }];
  const haSecret = (): string => 'a secret of the test';
  expect(parseSpec({ ...parse(text), pools }, { haSecret }).ha).toMatchObject({
    priority: 200,
    track: [{ pool: 'web' }],
  });
});
