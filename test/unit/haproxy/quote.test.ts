// Words of a user inside HAProxy's configuration.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { quoteArgument, quoteFormat, quoteWord } from '../../../src/haproxy/quote.js';

/** The words of a line as HAProxy reads it (manual, 2.2), for what quoteWord may write. */
function readLine(line: string): string[] {
  const words: string[] = [];
  let word = '';
  let isWord = false;
  for (let i = 0; i < line.length; i++) {
    const char = line[i]!;
    if (char === '#') break;
    if (char === ' ') {
      if (isWord) words.push(word);
      [word, isWord] = ['', false];
      continue;
    }
    isWord = true;
    if (char === "'") {
      const end = line.indexOf("'", i + 1);
      word += line.slice(i + 1, end);
      i = end;
    } else if (char === '\\' && line[i + 1] === 'x') {
      word += String.fromCharCode(Number.parseInt(line.slice(i + 2, i + 4), 16));
      i += 3;
    } else if (char === '\\') {
      word += line[++i];
    } else word += char;
  }
  return isWord ? [...words, word] : words;
}

const text = fc.string({ unit: fc.constantFrom(...'ab \'"\\#$\n\r\t{}%,()é~x0'.split('')) });

describe('quoteWord', () => {
  test.each([
    ['10.0.0.1:80', '10.0.0.1:80'],
    ['a b', "'a b'"],
    ["it's", "'it'\\''s'"],
    ['a\nbind :1', "'a'\\x0a'bind :1'"],
    ['#', "'#'"],
    ['', "''"],
    ['$HOME "x" \\n', '\'$HOME "x" \\n\''],
  ])('%j -> %s', (word, quoted) => {
    expect(quoteWord(word)).toBe(quoted);
  });

  test('whatever it holds, a word stays one word on one line', () => {
    fc.assert(
      fc.property(fc.array(text, { minLength: 1 }), (words) => {
        const line = words.map(quoteWord).join(' ');
        expect(line).not.toMatch(/[\n\r]/);
        expect(readLine(line)).toEqual(words);
      }),
    );
  });

  test('refuses NUL, which would end everything', () => {
    expect(() => quoteWord('a\0b')).toThrow(RangeError);
  });
});

describe('quoteArgument', () => {
  test('leaves plain names alone and refuses what can not be written', () => {
    expect(quoteArgument('x-user')).toBe('x-user');
    expect(quoteArgument('a,)b')).toBe("'a,)b'");
    expect(quoteArgument('a\nb')).toBeUndefined();
    expect(quoteArgument('')).toBeUndefined();
  });
});

describe('quoteFormat', () => {
  test('leaves nothing that is a variable', () => {
    expect(quoteFormat('100% %[src] %ci')).toBe('100%% %%[src] %%ci');
  });
});
