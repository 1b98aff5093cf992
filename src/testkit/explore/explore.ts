// Searches random rows of faults for one that breaks a rule, and shrinks it to the shortest that still does.
import fc from 'fast-check';
import type { SimulationReport } from '../simulator/report-types.js';
import type { FaultEvent, ScenarioSpec } from '../simulator/scenario-spec.js';
import { type SimulateOptions, simulate } from '../simulator/simulate.js';
import type { SimulationRun } from '../simulator/simulation-run.js';
import { checkSearch } from './check-search.js';
import { type FaultSpace, faultSchedules } from './fault-space.js';

export type { FaultSpace };

/** A rule of your own: what is wrong with a run, as a sentence; undefined = nothing. */
export type Invariant = (report: SimulationReport) => string | undefined;

/** A scenario without faults, and where to look for them. */
export interface ExploreOptions extends Omit<ScenarioSpec, 'faults' | 'seed'>, SimulateOptions {
  /** Which faults may happen. @defaultValue killed, cut off, stopped and slow members and nodes, partitions */
  readonly faults?: FaultSpace;
  /** Rows that are tried. @defaultValue 100 */
  readonly seeds?: number;
  /** Of the search itself: the same one tries the same rows. @defaultValue 1 */
  readonly seed?: number;
  /** Rules besides the built-in ones, by name. */
  readonly invariants?: Readonly<Record<string, Invariant>>;
}

/** The shortest row that was found, and what it breaks. */
export interface Counterexample {
  readonly faults: readonly FaultEvent[];
  /** Seed of the run. */
  readonly seed: number;
  /** Name of the broken rule. */
  readonly invariant: string;
  readonly detail: string;
  /** The run itself. */
  readonly run: SimulationRun;
  /** Steps by which it was made shorter. */
  readonly shrunk: number;
}

/** What a search found. */
export interface Exploration {
  /** Rows that were tried, those for shrinking included. */
  readonly tried: number;
  /** Undefined: every rule held. */
  readonly counterexample: Counterexample | undefined;
}

interface Breach {
  readonly invariant: string;
  readonly detail: string;
}

interface Try {
  readonly faults: readonly FaultEvent[];
  readonly seed: number;
}

/**
 * Plays a scenario with one random row of faults after the other. The built-in rules: nobody known to be down is picked, nothing is
 * lost that could be sent again, limits are kept, and of two active nodes that hear each other one gives way within an advert interval.
 *
 * @throws SpecError with every fault of the search and the scenario
 */
export async function explore(options: ExploreOptions): Promise<Exploration> {
  const { faults: space = {}, seeds = 100, seed = 1, invariants = {}, ...rest } = options;
  const { signal, extensions, baseDir, strategies, ...scenario } = rest;
  const host: SimulateOptions = {
    ...(signal === undefined ? {} : { signal }),
    ...(extensions === undefined ? {} : { extensions }),
    ...(baseDir === undefined ? {} : { baseDir }),
    ...(strategies === undefined ? {} : { strategies }),
  };
  let tried = 0;
  const play = (one: Try): Promise<SimulationRun> => {
    tried++;
    return simulate({ ...scenario, faults: one.faults, seed: one.seed }, host);
  };
  checkSearch({ faults: space, seeds, seed }, scenario, host);
  // A scenario with faults of its own is told of before the search begins.
  await play({ faults: [], seed: 1 });
  const property = fc.asyncProperty(
    fc.record({ faults: faultSchedules(scenario, space, host), seed: fc.nat(9999) }),
    async (one) => breachOf((await play(one)).report, invariants) === undefined,
  );
  const result = await fc.check(property, { numRuns: seeds, seed });
  const [found] = result.counterexample ?? [];
  if (!result.failed || found === undefined) return { tried, counterexample: undefined };
  const shortest = await drop(found, async (one) => {
    return breachOf((await play(one)).report, invariants) !== undefined;
  });
  const run = await play(shortest);
  const { invariant, detail } = breachOf(run.report, invariants) ?? {
    invariant: 'none',
    detail: String(result.errorInstance),
  };
  const { faults, seed: runSeed } = shortest;
  const counterexample = {
    faults,
    seed: runSeed,
    invariant,
    detail,
    run,
    shrunk: result.numShrinks,
  };
  return { tried, counterexample };
}

/** Leaves out every fault without which it still fails: what is left are all needed. */
async function drop({ faults, seed }: Try, fails: (one: Try) => Promise<boolean>): Promise<Try> {
  for (const fault of faults) {
    const fewer = { faults: faults.filter((other) => other !== fault), seed };
    if (fewer.faults.length > 0 && (await fails(fewer))) return drop(fewer, fails);
  }
  return { faults, seed };
}

function breachOf(
  report: SimulationReport,
  invariants: Readonly<Record<string, Invariant>>,
): Breach | undefined {
  const [first] = report.violations;
  if (first !== undefined) return first;
  for (const [invariant, judge] of Object.entries(invariants)) {
    const detail = judge(report);
    if (detail !== undefined) return { invariant, detail };
  }
  return undefined;
}
