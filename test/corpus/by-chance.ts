// What specs made by chance are made of.
import fc from 'fast-check';
import type { BalancerSpec } from '../../src/spec/balancer.js';
import { checkSpec } from '../../src/spec/parse.js';
import { without } from '../support/without.js';

/** Something of a spec. */
export type Any = fc.Arbitrary<unknown>;

/** One of the values. */
export const of = (...values: unknown[]): Any => fc.constantFrom(...values);

/** Any of the fields; each is left out more often than not. */
export function some(fields: Readonly<Record<string, Any>>): Any {
  const maybe = Object.fromEntries(
    Object.entries(fields).map(([name, field]) => [
      name,
      fc.oneof({ arbitrary: fc.constant(undefined), weight: 4 }, { arbitrary: field, weight: 1 }),
    ]),
  );
  return fc.record(maybe).map(withoutHoles);
}

function withoutHoles(record: object): object {
  return Object.fromEntries(Object.entries(record).filter(([, field]) => field !== undefined));
}

/** Fields that are always there, and some of the others. */
export function object(
  needed: Readonly<Record<string, Any>>,
  others: Readonly<Record<string, Any>> = {},
): Any {
  return fc
    .tuple(fc.record(needed), some(others))
    .map(([must, may]) => Object.assign({}, may, must));
}

/** One to that many. */
export const few = (item: Any, maxLength = 3): Any => fc.array(item, { minLength: 1, maxLength });

/** One to three keys. */
export const map = (keys: Any, values: Any): Any =>
  fc.dictionary(keys.map(String), values, { minKeys: 1, maxKeys: 3 });

/** Leaves out what breaks a rule between fields, as long as that helps. */
export function withoutFaults(spec: object): BalancerSpec {
  let left = spec;
  for (let round = 0; round < 6; round++) {
    const { issues } = checkSpec(left);
    if (issues.length === 0) break;
    left = without(
      left,
      issues.map(({ path: where, message }) =>
        message.startsWith('is missing') ? where.replace(/\.\w+$/, '') : where,
      ),
    );
  }
  return left;
}
