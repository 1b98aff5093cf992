// Whatever a user writes into a spec stays where it belongs in what is emitted for nginx and keepalived: no text ever makes a directive, a block or a comment.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { emitKeepalived } from '../../src/keepalived/emit-keepalived.js';
import { emitNginx } from '../../src/nginx/emit-nginx.js';
import type { BalancerSpec } from '../../src/spec/balancer.js';
import { TEXT_PLACES } from '../corpus/text-places.js';
import { type Emitted, type Outcome, outcomeBy } from '../support/emit-outcome.js';
import { oddText } from '../support/odd-text.js';
import { forKeepalived, forNginx } from '../support/other-programs.js';

/** The seed makes a failure come again; a longer search takes another. */
const SEED = Number(process.env['EVENKEEL_SEED'] ?? 1);

/** Texts that would end a word, a directive or a block somewhere, whole or around what is harmless. */
const ATTACKS: readonly string[] = [
  ...Array.from('\n\r#"\';{}$\\ \t\0~@!`'),
  '}\nglobal_defs {\n',
  '" }\n',
  '; } http { #',
  '$(id)',
  '${HOME}',
  "' -x '",
];

interface Program {
  readonly adapt: (spec: BalancerSpec) => BalancerSpec;
  readonly emit: (spec: BalancerSpec) => Emitted;
}

const PROGRAMS: Readonly<Record<string, Program>> = {
  nginx: { adapt: forNginx, emit: (spec) => emitNginx(spec) },
  keepalived: { adapt: forKeepalived, emit: (spec) => emitKeepalived(spec, { lvs: 'nat' }) },
};

describe.each(Object.entries(PROGRAMS))('%s: a text', (_, { adapt, emit }) => {
  test.each(TEXT_PLACES.map((place, index) => ({ ...place, index })))(
    'stays a text: $name',
    ({ fill, harmless, index }) => {
      const of = (text: string): Outcome => outcomeBy(() => emit(adapt(fill(text, index))));
      const plain = shapeOf(of(harmless));
      const odd = fc.oneof(
        oddText,
        fc.constantFrom(...ATTACKS),
        fc.constantFrom(...ATTACKS).map((attack) => `${harmless}${attack}`),
        fc.constantFrom(...ATTACKS).map((attack) => `${attack}${harmless}`),
      );
      fc.assert(
        fc.property(odd, (text) => {
          const outcome = of(text);
          if (outcome.kind === 'emitted') expect(shapeOf(outcome)).toEqual(plain);
        }),
        { seed: SEED, numRuns: 40 },
      );
    },
  );
});

describe('paths of keepalived', () => {
  test.each(['directory', 'adminSocket'])('%s stays one argument', (option) => {
    const spec = forKeepalived(TEXT_PLACES[0]!.fill('lb', 0));
    const plain = shapeOf(outcomeBy(() => emitKeepalived(spec, { [option]: '/harmless' })));
    fc.assert(
      fc.property(fc.oneof(oddText, fc.constantFrom(...ATTACKS)), (text) => {
        const path = `/${text}`;
        let outcome: Outcome;
        try {
          outcome = outcomeBy(() => emitKeepalived(spec, { [option]: path }));
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
          return;
        }
        expect(shapeOf(outcome)).toEqual(plain);
      }),
      { seed: SEED, numRuns: 100 },
    );
  });
});

/** First words, and how many words each line has; what is in quotes is one, blanks in it or not. */
function shapeOf(outcome: Outcome): readonly string[] {
  if (outcome.kind === 'refused') return [];
  return outcome.files.flatMap(({ path, content }) => [
    path,
    ...String(content)
      .split('\n')
      .filter((line) => !line.startsWith('# '))
      .map((line) => {
        const words = line.match(/"[^"]*"|\S+/g) ?? [];
        return `${words[0]} ${words.length} ${words.at(-1) === '{' ? '{' : ''}`;
      }),
  ]);
}
