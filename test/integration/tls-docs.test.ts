// docs/tls.md: its program prints what its comments say, its settings are valid.
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { parseFrontend, parsePool } from '../../src/spec/parse.js';
import { blocksOf, runProgram } from '../support/docs-program.js';

const PAGE = 'docs/tls.md';

test('the program in docs/tls.md works as it says', async () => {
  const program = blocksOf(PAGE, 'ts').at(-1) ?? '';
  const { logged, promised } = await runProgram(program);
  expect(promised).toHaveLength(7);
  expect(logged).toEqual(promised);
});

test('the settings in docs/tls.md are valid', () => {
  const [frontends = '', clientAuth = '', pools = ''] = blocksOf(PAGE, 'yaml');
  const [frontend] = parse(frontends).frontends;
  expect(parseFrontend(frontend).tls?.certificates).toHaveLength(3);
  expect(parseFrontend({ ...frontend, ...parse(clientAuth) }).tls?.clientAuth?.mode).toBe(
    'require',
  );
  expect(parsePool(parse(pools).pools[0]).tls?.verify).toBe(true);
});
