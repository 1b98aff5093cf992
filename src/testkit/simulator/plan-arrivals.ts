// Who comes, checked and written out.
import { milliseconds } from '../../spec/leaf.js';
import type { SpecNode } from '../../spec/spec-node.js';
import { noSuchName } from '../../spec/wording.js';
import { createSampler } from './chance.js';
import type { PlannedArrival, ScenarioNames } from './plan.js';
import type { ArrivalSpec, ScenarioSpec } from './scenario-spec.js';

const TIMEOUT_MS = 30_000;
const CLIENTS = 1000;

/** @internal Reports to `node` what is wrong. */
export function planArrivals(
  scenario: ScenarioSpec,
  node: SpecNode,
  names: ScenarioNames,
): readonly PlannedArrival[] {
  const specs: readonly ArrivalSpec[] = Array.isArray(scenario.arrivals)
    ? scenario.arrivals
    : [scenario.arrivals];
  const isList = Array.isArray(scenario.arrivals);
  return specs.map((spec, index) => planArrival(spec, isList ? node.get(index) : node, names));
}

function planArrival(spec: ArrivalSpec, node: SpecNode, names: ScenarioNames): PlannedArrival {
  const kinds = (['rate', 'think', 'replay'] as const).filter((kind) => spec[kind] !== undefined);
  if (kinds.length !== 1) node.fault('expected exactly one of rate, think and replay');
  if (typeof spec.replay === 'string')
    node.get('replay').fault('expected entries: read the file with readAccessLog');
  const { frontends } = names.config;
  const frontend = spec.frontend ?? frontends[0]?.name ?? '';
  const known = frontends.map(({ name }) => name);
  if (spec.frontend !== undefined && !known.includes(frontend))
    node.get('frontend').fault(noSuchName('frontend', frontend, known));
  const replay = typeof spec.replay === 'string' ? [] : spec.replay;
  return {
    frontend,
    rates: spec.rate === undefined ? undefined : planRates(spec.rate, node.get('rate')),
    isPoisson: spec.pattern !== 'even',
    think: spec.think === undefined ? undefined : createSampler(spec.think),
    replay: replay && [...replay].sort((a, b) => a.atMs - b.atMs),
    clients: spec.clients ?? CLIENTS,
    idempotent: (spec.idempotent ?? 100) / 100,
    paths: spec.paths ?? ['/'],
    host: spec.host ?? '',
    headers: spec.headers ?? {},
    timeoutMs: milliseconds(spec.timeout ?? TIMEOUT_MS),
    fromMs: milliseconds(spec.from ?? names.fromMs),
    untilMs: Math.min(milliseconds(spec.until ?? names.durationMs), names.durationMs),
  };
}

function planRates(
  rate: NonNullable<ArrivalSpec['rate']>,
  node: SpecNode,
): readonly { readonly atMs: number; readonly perMs: number }[] {
  if (typeof rate === 'number') return [{ atMs: 0, perMs: rate / 1000 }];
  const steps = rate.map((step) => ({ atMs: milliseconds(step.at), perMs: step.rate / 1000 }));
  for (const [index, step] of steps.entries())
    if (index > 0 && step.atMs <= steps[index - 1]!.atMs)
      node.get(index).get('at').fault('must be later than the step before');
  return steps[0]?.atMs === 0 ? steps : [{ atMs: 0, perMs: 0 }, ...steps];
}
