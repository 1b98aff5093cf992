// Which rows of faults a search draws from.
import fc from 'fast-check';
import { SpecError } from '../../core/errors.js';
import { type Duration, milliseconds } from '../../spec/leaf.js';
import { type PlanOptions, planScenario } from '../simulator/plan-scenario.js';
import type { FaultAction, FaultEvent, ScenarioSpec } from '../simulator/scenario-spec.js';

/** Which faults may happen. */
export interface FaultSpace {
  /** @defaultValue kill, cut, pause, slow, partition */
  readonly do?: readonly FaultAction[];
  /** Members and nodes, as a fault of a scenario names them. @defaultValue all of them */
  readonly targets?: readonly string[];
  /** Faults in a row. @defaultValue 4 */
  readonly most?: number;
  /** How long one lasts at most. @defaultValue a quarter of the scenario */
  readonly longest?: Duration;
}

const ACTIONS: readonly FaultAction[] = ['kill', 'cut', 'pause', 'slow', 'partition'];
/** Moments are multiples of this, ms: shorter rows are easier to read with round ones. */
const STEP_MS = 100;
const FOR_NODES: ReadonlySet<FaultAction> = new Set([
  'kill',
  'cut',
  'pause',
  'partition',
  'resign',
]);
const FOR_MEMBERS: ReadonlySet<FaultAction> = new Set([
  'kill',
  'cut',
  'pause',
  'partition',
  'slow',
  'errors',
  'drain',
  'maintenance',
  'weight',
]);

/**
 * Rows of faults; they shrink to fewer, shorter and earlier ones.
 * @throws SpecError when none can happen
 */
export function faultSchedules(
  scenario: ScenarioSpec,
  space: FaultSpace = {},
  options: PlanOptions = {},
): fc.Arbitrary<FaultEvent[]> {
  const { config, durationMs, pair } = planScenario(scenario, options);
  const nodes = pair?.nodes.map(({ name }) => name) ?? [];
  const members = config.pools.flatMap((pool) =>
    pool.members.map(({ name }) => `${pool.name}/${name}`),
  );
  const longestMs = space.longest === undefined ? durationMs / 4 : milliseconds(space.longest);
  const when = {
    at: steps(STEP_MS, 0.8 * durationMs),
    for: steps(STEP_MS, longestMs),
  };
  const kinds = (space.do ?? ACTIONS).flatMap((action): fc.Arbitrary<FaultEvent>[] => {
    const possible = [
      ...(FOR_MEMBERS.has(action) ? members : []),
      ...(FOR_NODES.has(action) ? nodes : []),
    ];
    const targets = space.targets ?? possible;
    if (action === 'load') return [fc.record({ ...when, do: fc.constant(action), by: factor() })];
    if (action === 'network')
      return [
        fc.record({
          ...when,
          do: fc.constant(action),
          target: fc.constantFrom('clients', 'members', 'peers'),
          latency: steps(1, 200),
          loss: fc.integer({ min: 0, max: 30 }),
        }),
      ];
    const hit = targets.filter(
      (target) =>
        possible.some((name) => isSame(name, target)) ||
        (FOR_MEMBERS.has(action) && areMembers(target)),
    );
    if (hit.length === 0) return [];
    return [
      fc.record({
        ...when,
        do: fc.constant(action),
        target: fc.constantFrom(...hit),
        ...extras(action),
      }),
    ];
  });
  if (kinds.length === 0)
    throw new SpecError([
      { path: 'faults.do', code: 'EK_SPEC_INVALID', message: 'can happen to none of the targets' },
    ]);
  return fc.array(fc.oneof(...kinds), { minLength: 1, maxLength: space.most ?? 4 });
}

function isSame(name: string, target: string): boolean {
  return name === target || name.endsWith(`/${target}`);
}

/** `*` and labels. */
function areMembers(target: string): boolean {
  return target === '*' || target.includes('=');
}

/** What an action needs besides. */
function extras(
  action: FaultAction,
): Partial<Readonly<Record<'by' | 'percent' | 'to', fc.Arbitrary<number>>>> {
  if (action === 'slow') return { by: factor() };
  if (action === 'errors') return { percent: fc.integer({ min: 1, max: 100 }) };
  if (action === 'weight') return { to: fc.integer({ min: 0, max: 10 }) };
  return {};
}

function factor(): fc.Arbitrary<number> {
  return fc.integer({ min: 2, max: 50 });
}

function steps(stepMs: number, maxMs: number): fc.Arbitrary<number> {
  const max = Math.max(1, Math.floor(maxMs / stepMs));
  return fc.integer({ min: 1, max }).map((count) => count * stepMs);
}
