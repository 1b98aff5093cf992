// Patterns of routes mean the same to PCRE, which HAProxy uses: asked through grep -P.
import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Regex, regexProblem } from '../../src/core/regex.js';
import { describeWith, programPath } from '../support/program.js';

/** Pieces of which whole patterns are put together. */
const ATOMS: readonly string[] = [
  'a',
  'b',
  '/',
  '.',
  '\\.',
  '\\d',
  '\\w',
  '\\W',
  '\\b',
  '\\B',
  '^',
  '$',
  '\\A',
  '\\z',
  '[ab]',
  '[^a/]',
  '[[:alpha:]]',
  '[]a]',
  '[a-]',
  '(?:',
  '(',
  ')',
  '|',
  '*',
  '+',
  '?',
  '{2}',
  '{1,}',
  '*?',
  '\\x61',
  '[',
  ']',
  '{',
  '}',
  '-',
  '(?i)',
  '\\',
  '1',
  '++',
];

/** The subjects that PCRE finds a match in. */
function pcre(pattern: string, subjects: readonly string[]): readonly string[] {
  try {
    const input = `${subjects.join('\n')}\n`;
    const options = { input, env: { ...process.env, LC_ALL: 'C' }, stdio: 'pipe' as const };
    const text = execFileSync(programPath('grep'), ['-P', '-e', pattern], options);
    return text.toString().split('\n').slice(0, -1);
  } catch (error) {
    // Nothing was found.
    if ((error as { status?: number }).status === 1) return [];
    throw error;
  }
}

describeWith(['grep'], 'a pattern that routes may have', () => {
  test('finds what PCRE finds', { timeout: 60_000 }, () => {
    const pattern = fc
      .array(fc.constantFrom(...ATOMS), { minLength: 1, maxLength: 8 })
      .map((atoms) => atoms.join(''))
      .filter((text) => regexProblem(text) === undefined);
    const subject = fc.stringMatching(/^[ab/.1_-]{0,8}$/);
    const subjects = fc.array(subject, { minLength: 12, maxLength: 12 });
    fc.assert(
      fc.property(pattern, subjects, (source, texts) => {
        const regex = new Regex(source);
        const found = texts.filter((text) => regex.test(text));
        expect([source, found]).toEqual([source, pcre(source, texts)]);
      }),
      { numRuns: 500 },
    );
  });
});
