// What a conformance scenario is: a spec, some traffic, what both engines must show, and where they may differ.
import { isDeepStrictEqual } from 'node:util';
import type { BalancerSpec } from '../../../src/spec/balancer.js';
import type { Places, Stage } from './stage.js';

/** Parts of the table in docs/conformance.md, in its order. */
export const AREAS = [
  'balancing',
  'health',
  'errors',
  'queue',
  'sticky',
  'rate limit',
  'http',
  'http/2',
  'tls',
  'tcp',
  'control',
] as const;

export type Area = (typeof AREAS)[number];

/** The engines that run every scenario. */
export const ENGINES = ['process', 'haproxy'] as const;

export type EngineKind = (typeof ENGINES)[number];

/** What was seen, by name; JSON values only. */
export type Observed = Readonly<Record<string, unknown>>;

/** A condition on one value, and how to write it in a table. */
export class Condition {
  readonly text: string;
  readonly holds: (value: unknown) => boolean;

  constructor(text: string, holds: (value: unknown) => boolean) {
    this.text = text;
    this.holds = holds;
  }
}

/** A number from `low` to `high`. */
export function between(low: number, high: number): Condition {
  return new Condition(`${low}..${high}`, (value) => Number(value) >= low && Number(value) <= high);
}

/** A text that matches. */
export function like(pattern: RegExp): Condition {
  return new Condition(String(pattern), (value) => pattern.test(String(value)));
}

/** Where HAProxy may show something else than the balancer in process. */
export interface Difference {
  /** What HAProxy shows. */
  readonly haproxy: unknown;
  readonly why: string;
  /**
   * Where the fidelity report says it: the path of an entry that is not `exact` (`pools[0].retries.on`, or above it), or a text of one of
   * its notes. The suite fails if the report of the scenario's own spec does not.
   */
  readonly reported: { readonly path: string } | { readonly note: RegExp };
}

/** One scenario. */
export interface Scenario {
  /** `CS-01` of the reference list, `EK-01` for those of our own. */
  readonly id: string;
  readonly area: Area;
  readonly title: string;
  /** Names of the members to start. */
  readonly members: readonly string[];
  readonly spec: (at: Places) => BalancerSpec;
  readonly run: (stage: Stage) => Promise<Observed>;
  /** By name: a value, or a condition. Everything observed is expected, and the other way round. */
  readonly expected: Readonly<Record<string, unknown>>;
  /** Names whose values must be the same on both engines, besides what is expected of each. */
  readonly same?: readonly string[];
  readonly differences?: Readonly<Record<string, Difference>>;
}

/** One sentence per value that is not as expected. */
export function faultsOf(scenario: Scenario, engine: EngineKind, observed: Observed): string[] {
  const faults: string[] = [];
  for (const name of new Set([...Object.keys(scenario.expected), ...Object.keys(observed)])) {
    const difference = scenario.differences?.[name];
    const isOther = engine === 'haproxy' && difference !== undefined;
    const wanted = isOther ? difference.haproxy : scenario.expected[name];
    const got = observed[name];
    if (!isAsWanted(wanted, got))
      faults.push(`${engine}: ${name} is ${show(got)}, expected ${show(wanted)}`);
  }
  return faults;
}

function isAsWanted(wanted: unknown, got: unknown): boolean {
  if (wanted instanceof Condition) return got !== undefined && wanted.holds(got);
  if (Array.isArray(wanted) && Array.isArray(got))
    return (
      wanted.length === got.length && wanted.every((item, index) => isAsWanted(item, got[index]))
    );
  return isDeepStrictEqual(wanted, got);
}

/** A value as the table has it. */
export function show(value: unknown): string {
  if (value instanceof Condition) return value.text;
  if (Array.isArray(value) && value.some((item) => item instanceof Condition))
    return `[${value.map(show).join(', ')}]`;
  return JSON.stringify(value) ?? 'nothing';
}
