import { describe, expect, test } from 'vitest';
import { readConfig, splitWords } from '../../../src/haproxy/read-config.js';

describe('splitWords', () => {
  test.each([
    ['  server a 10.0.0.1:80  check # a note', ['server', 'a', '10.0.0.1:80', 'check']],
    [
      'use_backend a\\ b if { path "/x # y" }',
      ['use_backend', 'a b', 'if', '{', 'path', '/x # y', '}'],
    ],
    ['log-format \'%ci "x" \\n\'', ['log-format', '%ci "x" \\n']],
    ['a "" b', ['a', '', 'b']],
    ['a "b\\"c"d', ['a', 'b"cd']],
    ['a\\nb', ['a\nb']],
    ['a\\x41\\x0ab', ['aA\nb']],
    ['^/a\\.b\\d\\$', ['^/a\\.b\\d\\$']],
    ['"\\$a\\.\\\'b"', ["$a\\.'b"]],
    ["'a\\n\\'", ['a\\n\\']],
    ['# nothing', []],
    ['   ', []],
  ])('%s', (line, words) => {
    expect(splitWords(line)).toEqual(words);
  });
});

describe('readConfig', () => {
  test('gives every line to its section, with its number', () => {
    const sections = readConfig('# top\nglobal\n  daemon\n\nfrontend web\n  bind :80\n');
    expect(sections.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      'global ',
      'frontend web',
    ]);
    expect(sections[1]?.lines).toEqual([{ number: 6, words: ['bind', ':80'], text: 'bind :80' }]);
  });
  test('keeps lines before the first section', () => {
    expect(readConfig('bind :80')[0]).toMatchObject({ kind: '', name: '' });
  });
});
