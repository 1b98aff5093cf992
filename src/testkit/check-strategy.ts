// One call that judges a balancing algorithm, ours or yours, without any test runner.
import { seededRandom } from '../core/random.js';
import type { Strategy } from '../strategy/strategy.js';
import { checkHeap } from './heap-check.js';
import {
  type CheckInput,
  checkEligibility,
  checkFlap,
  checkNobody,
  checkPlace,
  checkRemoval,
  checkUniformity,
  checkWeights,
  type Finding,
} from './strategy-checks.js';

/**
 * - `weights`, `uniformity`: shares follow the weights, equal weights get equal shares
 * - `eligibility`: only eligible members are picked, and one is whenever there is one
 * - `nobody`: undefined when no member is eligible
 * - `flap`: a member that goes down moves only its own clients, who come home with it (sticky strategies)
 * - `removal`: a removed member moves only its own clients (sticky strategies)
 * - `place`: building anew from the same members changes nothing
 * - `heap`: a pick allocates nothing (needs `node --expose-gc`)
 */
export type StrategyCheckName =
  | 'weights'
  | 'uniformity'
  | 'eligibility'
  | 'nobody'
  | 'flap'
  | 'removal'
  | 'place'
  | 'heap';

const CHECKS: Readonly<Record<StrategyCheckName, (input: CheckInput) => Finding | undefined>> = {
  weights: checkWeights,
  uniformity: checkUniformity,
  eligibility: checkEligibility,
  nobody: checkNobody,
  flap: checkFlap,
  removal: checkRemoval,
  place: checkPlace,
  heap: checkHeap,
};

/** How to judge a strategy. */
export interface CheckStrategyOptions {
  /** Largest difference of a share from its weight, as a part of it. @defaultValue 0.05 */
  tolerance?: number;
  /** Checks the strategy does not promise to pass, each with the reason why. */
  except?: Partial<Readonly<Record<StrategyCheckName, string>>>;
  /** Seed of everything random in the checks. @defaultValue 1 */
  seed?: number;
}

/** How one check went. */
export interface StrategyCheck {
  readonly name: StrategyCheckName;
  readonly outcome: 'passed' | 'failed' | 'not-applicable';
  /** What was seen, or why the check does not apply. */
  readonly detail: string;
}

/** How a strategy did. */
export interface StrategyReport {
  readonly strategy: string;
  /** No check failed. */
  readonly passed: boolean;
  readonly checks: readonly StrategyCheck[];
}

/**
 * Judges a strategy by every check that applies to it. Takes about a second and keeps the thread busy meanwhile.
 * A strategy that throws fails the check it threw in.
 * @param create - makes a fresh strategy; called once or more per check
 */
export function checkStrategy(
  create: () => Strategy,
  options: CheckStrategyOptions = {},
): Promise<StrategyReport> {
  const { tolerance = 0.05, except = {}, seed = 1 } = options;
  const { name, isSticky = false } = create();
  const names = Object.keys(CHECKS).filter(isCheckName);
  const checks = names.map((check): StrategyCheck => {
    const reason = except[check] ?? inapplicable(check, isSticky);
    if (reason !== undefined) return { name: check, outcome: 'not-applicable', detail: reason };
    return run(check, { create, random: seededRandom(seed), tolerance });
  });
  const passed = checks.every(({ outcome }) => outcome !== 'failed');
  return Promise.resolve({ strategy: name, passed, checks });
}

function run(name: StrategyCheckName, input: CheckInput): StrategyCheck {
  try {
    const finding = CHECKS[name](input);
    if (finding === undefined)
      return { name, outcome: 'not-applicable', detail: 'needs node --expose-gc' };
    return { name, outcome: finding.ok ? 'passed' : 'failed', detail: finding.detail };
  } catch (error) {
    return { name, outcome: 'failed', detail: `threw ${String(error)}` };
  }
}

function inapplicable(name: StrategyCheckName, isSticky: boolean): string | undefined {
  if ((name === 'flap' || name === 'removal') && !isSticky)
    return 'clients do not belong to members (isSticky is not set)';
  return undefined;
}

function isCheckName(name: string): name is StrategyCheckName {
  return name in CHECKS;
}
