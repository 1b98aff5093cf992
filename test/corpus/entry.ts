// A spec of the corpus: every emitter and engine is tried with each.
import type { BalancerSpec } from '../../src/spec/balancer.js';

/** A spec, and what it is about. */
export interface CorpusEntry {
  /** `http: access`. */
  readonly name: string;
  readonly spec: BalancerSpec;
}

/** Names the specs of one file. They are checked when they are used. */
export function corpus(
  area: string,
  specs: Readonly<Record<string, object>>,
): readonly CorpusEntry[] {
  return Object.entries(specs).map(([name, spec]) => ({
    name: `${area}: ${name}`,
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- parsing tells what is wrong with it
    spec: spec as BalancerSpec,
  }));
}

/** Members `s1`, `s2`, ... at 10.0.0.1:8080 and so on. */
export function members(count: number): { readonly name: string; readonly address: string }[] {
  return Array.from({ length: count }, (_, i) => ({
    name: `s${i + 1}`,
    address: `10.0.0.${i + 1}:8080`,
  }));
}
