// The strategy that docs/strategies.md teaches runs and does what the page says.
import { readFileSync } from 'node:fs';
import { runInNewContext } from 'node:vm';
import ts from 'typescript';
import { expect, test } from 'vitest';
import { Member } from '../../../src/model/member.js';
import { createPickContext } from '../../../src/model/pick-context.js';
import { SourceHash } from '../../../src/strategy/source-hash.js';
import { checkStrategy } from '../../../src/testkit/index.js';

const page = readFileSync(new URL('../../../docs/strategies.md', import.meta.url), 'utf8');

test('the example strategy of docs/strategies.md passes the checks it claims', async () => {
  const source = /```ts\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
  const body = source.replace(/^import .*$/gm, '');
  const script = ts.transpile(`(async () => {${body}})()`, { target: ts.ScriptTarget.ES2022 });
  const lines: string[] = [];
  const console = { log: (line: string) => lines.push(line) };
  await runInNewContext(script, { checkStrategy, console });
  expect(lines).toHaveLength(8);
  expect(lines.filter((line) => line.startsWith('failed'))).toEqual([]);
  expect(lines.filter((line) => line.startsWith('passed')).length).toBeGreaterThanOrEqual(2);
});

test('the worked example of the stable mapping is right', () => {
  const members = [
    new Member({ name: 'a', host: 'h', port: 1, weight: 1 }),
    new Member({ name: 'b', host: 'h', port: 1, weight: 2 }),
    new Member({ name: 'c', host: 'h', port: 1, weight: 1 }),
  ];
  const context = createPickContext({ source: '127.0.0.2' });
  const member = new SourceHash('stable').build(members).pick(context, () => true);
  expect(member?.name).toBe('b');
  expect(page).toContain('127.0.0.2 has CRC-32 0xFC160EFA, modulo 4 = 2, so it goes to `b`');
});
