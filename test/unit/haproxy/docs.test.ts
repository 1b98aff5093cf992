// The program in docs/haproxy.md runs as it stands there.
import { expect, test } from 'vitest';
import { blocksOf, runProgram } from '../../support/docs-program.js';

test('the program in docs/haproxy.md does what its comments say', async () => {
  const [program = ''] = blocksOf('docs/haproxy.md', 'ts');
  const { logged, promised } = await runProgram(program);
  expect(logged).toEqual(promised);
  expect(logged.length).toBeGreaterThan(0);
});
