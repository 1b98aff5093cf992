// What a search is told, checked before it begins: a target that is mistyped must not look like one that nothing breaks.
import { SpecError, type SpecIssue } from '../../core/errors.js';
import { duration, integer, text } from '../../spec/leaf.js';
import { list, type ObjectOf, object, oneOf, optional } from '../../spec/shape.js';
import { checkSettings } from '../check-settings.js';
import { type PlanOptions, planScenario } from '../simulator/plan-scenario.js';
import { FAULT_ACTIONS } from '../simulator/scenario-schema.js';
import type { ScenarioSpec } from '../simulator/scenario-spec.js';
import type { FaultSpace } from './fault-space.js';

/** Where to look, and for how long. */
export interface Search {
  readonly faults?: FaultSpace;
  readonly seeds?: number;
  readonly seed?: number;
}

const searchSchema: ObjectOf<Search> = object<Search>({
  faults: optional(
    object<FaultSpace>({
      do: optional(list(oneOf(...FAULT_ACTIONS), 'action', 1), 'What.'),
      targets: optional(list(text, 'target', 1), 'Whom.'),
      most: optional(integer(1), 'In a row.'),
      longest: optional(duration(), 'How long one lasts.'),
    }),
    'Where to look.',
  ),
  seeds: optional(integer(1), 'Rows.'),
  seed: optional(integer(0), 'Of the search.'),
});

/**
 * Checks a search, and the scenario that it plays.
 * @throws SpecError with every fault
 */
export function checkSearch(search: Search, scenario: ScenarioSpec, options: PlanOptions): void {
  const given = Object.entries(search).filter(([, value]) => value !== undefined);
  const { faults } = checkSettings(searchSchema, Object.fromEntries(given));
  // Every target can be killed, if there is one.
  const trial = faults?.targets?.map((target) => ({ at: 0, do: 'kill' as const, target })) ?? [];
  try {
    planScenario({ ...scenario, faults: trial }, options);
  } catch (error) {
    throw error instanceof SpecError ? new SpecError(error.issues.map(inTargets)) : error;
  }
}

/** `faults[1].target` of the trial is `faults.targets[1]` of the search. */
function inTargets(issue: SpecIssue): SpecIssue {
  return { ...issue, path: issue.path.replace(/^faults\[(\d+)\]\.target$/, 'faults.targets[$1]') };
}
