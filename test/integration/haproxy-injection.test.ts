// Whatever a user writes into a spec stays one word of the line it belongs to: no text ever makes a line, a word or a comment.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { splitWords } from '../../src/haproxy/read-config.js';
import { fieldsWithText, TEXT_PLACES, type TextPlace } from '../corpus/text-places.js';
import { type Outcome, outcomeOf, textOf } from '../support/emit-outcome.js';
import { readWord } from '../support/haproxy-words.js';
import { oddText, userName, withUsers } from '../support/odd-text.js';
import { specFields } from '../support/spec-fields.js';

/** The seed makes a failure come again; a longer search takes another. */
const SEED = Number(process.env['EVENKEEL_SEED'] ?? 1);

test('every text of the schema is tried', () => {
  const fields = specFields();
  const tried = fieldsWithText(new Set(fields.map(({ path }) => path)));
  const texts = fields.filter(({ forms }) =>
    forms.some(({ type, enum: values }) => type === 'string' && values === undefined),
  );
  expect(texts.map(({ path }) => path).filter((path) => !tried.has(path))).toEqual([]);
});

describe('a text', () => {
  test.each(TEXT_PLACES.map((place, index) => ({ ...place, index })))(
    'stays a text: $name',
    (place) => {
      const plain = outcomeOf(place.fill(place.harmless, place.index));
      fc.assert(
        fc.property(oddText, (text) => {
          const outcome = outcomeOf(place.fill(text, place.index));
          if (outcome.kind === 'refused') return;
          expect(plain.kind).toBe('emitted');
          expect(differences(place, plain, { text, outcome })).toEqual([]);
        }),
        { seed: SEED, numRuns: 40 },
      );
    },
  );
});

describe('what stands outside the spec', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'evenkeel-injection-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test('names of users stay words', () => {
    fc.assert(
      fc.property(fc.uniqueArray(userName, { minLength: 1 }), (names) => {
        const usersFile = path.join(folder, 'users');
        writeFileSync(usersFile, names.map((name) => `${name}:$6$aa$bb`).join('\n'), 'latin1');
        const outcome = outcomeOf(withUsers(usersFile));
        const users = linesOf(outcome)
          .map(splitWords)
          .filter(([first]) => first === 'user');
        if (outcome.kind === 'emitted')
          expect(users).toEqual(names.map((name) => ['user', name, 'password', '$6$aa$bb']));
      }),
      { seed: SEED, numRuns: 40 },
    );
  });

  test.each(['directory', 'adminSocket', 'stateFile'])('%s stays a word', (option) => {
    const spec = TEXT_PLACES[0]!.fill('lb', 0);
    const plain = outcomeOf(spec, { [option]: 'harmless' });
    fc.assert(
      fc.property(oddText, (text) => {
        fc.pre(!text.includes('\0'));
        const outcome = outcomeOf(spec, { [option]: text });
        if (outcome.kind === 'emitted')
          expect(differences({ harmless: 'harmless' }, plain, { text, outcome })).toEqual([]);
      }),
      { seed: SEED, numRuns: 40 },
    );
  });
});

/** Lines that say something else than with the harmless text. */
function differences(
  { harmless }: Pick<TextPlace, 'harmless'>,
  plain: Outcome,
  { text, outcome }: { text: string; outcome: Outcome },
): readonly unknown[] {
  const expected = linesOf(plain);
  const found = linesOf(outcome);
  if (expected.length !== found.length) return [{ expected, found }];
  return expected.flatMap((line, index) =>
    isSame(splitWords(line), splitWords(found[index] ?? ''), harmless, text)
      ? []
      : [{ expected: line, found: found[index] }],
  );
}

function linesOf(outcome: Outcome): readonly string[] {
  if (outcome.kind === 'refused') return [];
  return textOf(outcome.files, 'haproxy.cfg')
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .map((line) => line.replaceAll(/bytes\(\d+\)/g, 'bytes(LENGTH)'));
}

function isSame(
  expected: readonly string[],
  found: readonly string[],
  harmless: string,
  text: string,
): boolean {
  return (
    expected.length === found.length &&
    expected.every((word, index) => readWord(word, found[index] ?? '', harmless, text))
  );
}
