// Regular expressions: what both engines read alike is taken, the rest is refused by name, and nothing takes long.
import { describe, expect, test } from 'vitest';
import { groupsOf, Regex, Replacement, regexProblem } from '../../../src/core/regex.js';
import { readRegex } from '../../../src/core/regex-syntax.js';

const TAKEN: readonly (readonly [pattern: string, yes: string, no: string])[] = [
  ['^/split/', '/split/a', '/a/split/'],
  ['/b', '/a/b', '/a'],
  ['^/v[0-9]+/', '/v12/x', '/v/x'],
  ['^/(a|b)$', '/b', '/c'],
  ['^/(?:a|b|)$', '/', '/c'],
  ['(?i)^/ABC', '/abc', '/abd'],
  ['^/a{2,3}?/$', '/aaa/', '/a/'],
  ['^/a{2}$', '/aa', '/aaa'],
  ['^/a{2,}$', '/aaaa', '/a'],
  ['^/[^/]*\\.(png|jpe?g)$', '/x.jpeg', '/x/y.png'],
  ['^/[]a]$', '/]', '/b'],
  ['^/[^]a]$', '/b', '/]'],
  ['^/[a-c.-]+$', '/a-c.b', '/d'],
  ['^/[-a]$', '/-', '/b'],
  ['^/[[:alpha:]_][[:^digit:]]$', '/_a', '/a1'],
  ['^/[\\d\\x2d]+$', '/1-2', '/a'],
  ['^/\\x61\\.\\-$', '/a.-', '/b.-'],
  ['\\A/a\\b.*\\z', '/a/b', '/ab'],
  ['\\Ba', '/ba', '/a'],
  ['^/(?P<one>a)(?<two>b)$', '/ab', '/ba'],
  ['^/\\w+\\W\\S$', '/ab-c', '/ab'],
  ['^/a}b]c$', '/a}b]c', '/abc'],
  ['^$', '', '/'],
  ['^/x*?y$', '/xxy', '/xx'],
];

const REFUSED: readonly (readonly [pattern: string, problem: string])[] = [
  ['', 'may not be empty'],
  ['a'.repeat(1001), 'may not have more than 1000 characters; it has 1001'],
  ['a(?=b)', 'may not use a lookahead: "(?=" at character 2'],
  ['a(?!b)', 'may not use a lookahead: "(?!" at character 2'],
  ['(?<=a)b', 'may not use a lookbehind: "(?<=" at character 1'],
  ['(?<!a)b', 'may not use a lookbehind: "(?<!" at character 1'],
  ['(?>a)', 'may not use an atomic group: "(?>" at character 1'],
  ['(?|a)', 'may not use a branch reset group: "(?|" at character 1'],
  ['(?#a)', 'may not use a comment: "(?#" at character 1'],
  ['(a)(?(1)b)', 'may not use a condition: "(?(" at character 4'],
  ['(?P<a>x)(?P=a)', 'may not use a backreference: "(?P=" at character 9'],
  ['(?R)', 'may not use a recursion: "(?R" at character 1'],
  ['(?1)', 'may not use flags elsewhere than (?i) at the start: "(?1)" at character 1'],
  ['(*UTF8)a', 'may not use a verb: "(*" at character 1'],
  ['(?C)', 'may not use a callout: "(?C" at character 1'],
  ['a(?i)b', 'may not use flags elsewhere than (?i) at the start: "(?i)" at character 2'],
  ['(?s).', 'may not use flags elsewhere than (?i) at the start: "(?s)" at character 1'],
  ['(?i:a)', 'may not use flags elsewhere than (?i) at the start: "(?i:" at character 1'],
  ['(?U)a', 'may not use flags elsewhere than (?i) at the start: "(?U)" at character 1'],
  ['a*+', 'may not use a possessive quantifier: "*+" at character 2'],
  ['a++', 'may not use a possessive quantifier: "++" at character 2'],
  ['a?+', 'may not use a possessive quantifier: "?+" at character 2'],
  ['a{1,2}+', 'may not use a possessive quantifier: "{1,2}+" at character 2'],
  ['a**', 'may not repeat a repetition: "**" at character 2'],
  ['a{2}{3}', 'may not repeat a repetition: "{2}{" at character 2'],
  ['*a', 'may not repeat nothing: "*" at character 1'],
  ['a|+', 'may not repeat nothing: "+" at character 3'],
  ['(?:)*', 'may not repeat what may be empty: "(?:)*" at character 1'],
  ['(a*)*', 'may not repeat what may be empty: "(a*)*" at character 1'],
  ['(a|)+', 'may not repeat what may be empty: "(a|)+" at character 1'],
  ['(a?b{0,2})?', 'may not repeat what may be empty: "(a?b{0,2})?" at character 1'],
  ['^*', 'may not repeat a place: "^*" at character 1'],
  ['a\\b+', 'may not repeat a place: "\\\\b+" at character 2'],
  ['a{,3}', 'may not use a brace that counts nothing (as text: \\{): "{" at character 2'],
  ['a{x}', 'may not use a brace that counts nothing (as text: \\{): "{" at character 2'],
  ['a{1001}', 'may not repeat more than 1000 times: "{1001}" at character 2'],
  ['a{3,2}', 'may not count from more to less: "{3,2}" at character 2'],
  ['(a)\\1', 'may not use a backreference or octal number: "\\\\1" at character 4'],
  ['\\012', 'may not use a backreference or octal number: "\\\\0" at character 1'],
  ['\\pN', 'may not use a class of Unicode: "\\\\p" at character 1'],
  ['[\\P{Greek}]', 'may not use a class of Unicode: "\\\\P" at character 2'],
  ['\\C', 'may not use an escape that not every engine knows: "\\\\C" at character 1'],
  ['\\Qa\\E', 'may not use an escape that not every engine knows: "\\\\Q" at character 1'],
  ['\\Z', 'may not use an escape that not every engine knows: "\\\\Z" at character 1'],
  ['\\v', 'may not use an escape that not every engine knows: "\\\\v" at character 1'],
  ['[\\b]', 'may not use an escape that not every engine knows: "\\\\b" at character 2'],
  ['\\x4', 'may not use an escape that not every engine knows: "\\\\x" at character 1'],
  ['\\xff', 'may not use an escape that not every engine knows: "\\\\x" at character 1'],
  ['\\x{41}', 'may not use an escape that not every engine knows: "\\\\x" at character 1'],
  ['a\\', 'may not end in a backslash: "\\\\" at character 2'],
  ['ä', 'may not have other characters than printable ASCII: "ä" at character 1'],
  ['[ä]', 'may not have other characters than printable ASCII: "ä" at character 2'],
  ['a\tb', 'may not have other characters than printable ASCII: "\\t" at character 2'],
  ['[a', 'may not have a [ without ]: "[" at character 1'],
  ['[]', 'may not have a [ without ]: "[" at character 1'],
  ['[a-', 'may not have a [ without ]: "[" at character 1'],
  ['[b-a]', 'may not use a range of this kind: "b-a]" at character 2'],
  ['[a-\\d]', 'may not use a range of this kind: "a-\\\\d]" at character 2'],
  ['[\\d-z]', 'may not use a range of this kind: "\\\\d-z" at character 2'],
  ['[[:alpha:]-z]', 'may not use a range of this kind: "[:alpha:]-z" at character 2'],
  [
    '[a-c-e]',
    'may not have a bare - between others in brackets (as text: \\-): "-" at character 5',
  ],
  ['[a[b]', 'may not have a bare [ in brackets (as text: \\[): "[b" at character 3'],
  ['[[.a.]]', 'may not have a bare [ in brackets (as text: \\[): "[." at character 2'],
  ['[[:alfa:]]', 'may not have a bare [ in brackets (as text: \\[): "[:" at character 2'],
  [
    '[:alpha:]',
    'may not use a named class outside of brackets (write [[:alpha:]]): "[:" at character 1',
  ],
  ['(a', 'may not have a ( without ): "(" at character 1'],
  ['a)', 'may not have a ) without (: ")" at character 2'],
  [`${'('.repeat(51)}a${')'.repeat(51)}`, 'may not nest more than 50 groups: "(" at character 51'],
  ['((a{100}){10}){2}', 'is no regular expression (invalid repeat count: `{2}`)'],
];

describe('Regex', () => {
  test.each(TAKEN)('%s', (pattern, yes, no) => {
    expect(regexProblem(pattern)).toBeUndefined();
    const regex = new Regex(pattern);
    expect([regex.test(yes), regex.test(no)]).toEqual([true, false]);
  });

  test.each(REFUSED)('refuses %s', (pattern, problem) => {
    expect(regexProblem(pattern)).toBe(problem);
  });

  test.each([
    ['^/a/b', '/a/b', true],
    ['^/a/b$', '/a/b', false],
    ['^/a/b+', '/a/', false],
    ['^/a/b{2}c', '/a/', false],
    ['^/a\\.b(c)', '/a.b', false],
    ['^/\\x61/', '/a/', true],
    ['^/a|/b', '', false],
    ['(?i)^/a', '', false],
    ['/a', '', false],
    ['\\A/a', '', false],
    ['^/a(b|c)d', '/a', false],
  ])('knows that what %s matches begins with "%s"', (pattern, prefix, isPrefix) => {
    expect(readRegex(pattern)).toMatchObject({ prefix, isPrefix });
  });

  test('counts groups that capture', () => {
    expect(groupsOf('(a)(?:b)(?P<c>d(e))')).toBe(3);
    expect(groupsOf('(')).toBe(0);
  });

  test('takes linear time for what makes others backtrack', () => {
    const regex = new Regex('^/(a|aa|aaa)+(a|b)+c$');
    expect(regex.test(`/${'a'.repeat(30_000)}`)).toBe(false);
  });

  test('replaces the first match, with what its groups matched', () => {
    const replace = (pattern: string, text: string, by: string): string | undefined =>
      new Regex(pattern).replaceFirst(text, new Replacement(by));
    expect(replace('^/a/([^/]+)/(x)?', '/a/b/c', '/$1/$2$$1$0')).toBe('/b/$1/a/b/c');
    expect(replace('b', '/b/b', 'c$')).toBe('/c$/b');
    expect(replace('^/x', '/a', '')).toBeUndefined();
    expect(replace('y$', '/a', '')).toBeUndefined();
    expect(new Replacement('$2 $1').highestGroup).toBe(2);
    expect(new Replacement('$$ a').highestGroup).toBe(0);
  });
});
