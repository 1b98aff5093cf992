// From what a scenario says to what a simulation needs; every fault at once, each with its path.
import { SpecError, type SpecIssue } from '../../core/errors.js';
import type { BalancerConfig } from '../../spec/config.js';
import { toDocumentOrder } from '../../spec/issue-order.js';
import { milliseconds } from '../../spec/leaf.js';
import { checkSpec } from '../../spec/parse.js';
import { checkShape } from '../../spec/shape-issues.js';
import { SpecNode } from '../../spec/spec-node.js';
import { noSuchName } from '../../spec/wording.js';
import { createSampler, type DurationModel } from './chance.js';
import type { MemberPlace, PlannedLink, PlannedModel, PlannedPair, ScenarioPlan } from './plan.js';
import { planArrivals } from './plan-arrivals.js';
import { planFaultEvents } from './plan-faults.js';
import { scenarioSchema } from './scenario-schema.js';
import type { LinkSpec, MemberModelSpec, PairModelSpec, ScenarioSpec } from './scenario-spec.js';

/** What a scenario may need besides itself. */
export interface PlanOptions {
  /** In place of the scenario's own. */
  readonly seed?: number;
  /** The host's code, by the names that the spec uses. */
  readonly extensions?: Readonly<Record<string, unknown>>;
  /** Folder that relative paths in the scenario start from. */
  readonly baseDir?: string;
}

const SERVICE: DurationModel = { lognormal: { median: 10, p99: 60 } };
const LATENCY = 0.2;

/**
 * Checks a scenario and writes it out. Opens nothing: a log to replay must be read before.
 * @throws SpecError with every fault
 */
export function planScenario(scenario: ScenarioSpec, options: PlanOptions = {}): ScenarioPlan {
  const issues: SpecIssue[] = [];
  const checked = checkShape(scenarioSchema, scenario, issues);
  const { extensions, baseDir } = options;
  const host = {
    // Nothing is signed here: a scenario needs no secret.
    haSecret: () => 'the secret of a simulation',
    ...(extensions === undefined ? {} : { extensions }),
    ...(baseDir === undefined ? {} : { baseDir }),
  };
  const { config, issues: faults } = checkSpec(scenario?.spec, host);
  for (const issue of faults) {
    const path = issue.path === '' ? 'spec' : `spec.${issue.path}`;
    // That there is no spec at all is known already.
    if (path !== 'spec' || !issues.some((known) => known.path === path))
      issues.push({ ...issue, path });
  }
  if (checked === undefined || config === undefined) throw faulty(issues, scenario);
  const root = new SpecNode(checked, issues);
  const durationMs = milliseconds(checked.duration);
  const members = config.pools.flatMap((pool) =>
    pool.members.map((member) => ({
      key: `${pool.name}/${member.name}`,
      pool: pool.name,
      config: member,
    })),
  );
  refuseDiscovery(config, root);
  const pair = checked.pair && planPair(checked.pair, config, root.get('pair'));
  const nodes = pair?.nodes.map((node) => node.name) ?? [config.name];
  const fromMs = pair === undefined ? 0 : 4 * pair.advertIntervalMs;
  const known = { config, members, nodes, durationMs, fromMs };
  const plan: ScenarioPlan = {
    name: checked.name ?? config.name,
    description: checked.description ?? '',
    config,
    durationMs,
    seed: options.seed ?? checked.seed ?? 1,
    arrivals: planArrivals(checked, root.get('arrivals'), known),
    models: planModels(checked.members ?? {}, root.get('members'), members),
    links: {
      clients: planLink(checked.network?.clients),
      members: planLink(checked.network?.members),
      peers: planLink(checked.network?.peers),
    },
    faults: planFaultEvents(checked.faults ?? [], root.get('faults'), known),
    pair,
    lateMs: milliseconds(checked.late ?? 1000),
    expect: checked.expect ?? {},
  };
  if (issues.length > 0) throw faulty(issues, scenario);
  return plan;
}

function faulty(issues: readonly SpecIssue[], scenario: unknown): SpecError {
  return new SpecError(toDocumentOrder([...issues], scenario));
}

function refuseDiscovery(config: BalancerConfig, root: SpecNode): void {
  for (const [index, pool] of config.pools.entries())
    if (pool.discovery !== undefined)
      root
        .get('spec')
        .get('pools')
        .get(index)
        .get('discovery')
        .fault('is not simulated: list the members', 'EK_NOT_SUPPORTED');
}

function planModels(
  specs: Readonly<Record<string, MemberModelSpec>>,
  node: SpecNode,
  members: readonly MemberPlace[],
): ReadonlyMap<string, PlannedModel> {
  const models = new Map<string, PlannedModel>();
  const names = [...new Set(members.flatMap(({ key, config }) => [config.name, key]))];
  for (const name of Object.keys(specs))
    if (name !== '*' && !names.includes(name))
      node.get(name).fault(noSuchName('member', name, names));
  for (const { key, config } of members) {
    const spec = specs[key] ?? specs[config.name] ?? specs['*'] ?? {};
    if (!models.has(config.address) || specs[key] !== undefined)
      models.set(config.address, planModel(spec));
  }
  return models;
}

function planModel(spec: MemberModelSpec): PlannedModel {
  return {
    service: createSampler(spec.service ?? SERVICE),
    concurrency: spec.concurrency ?? Number.POSITIVE_INFINITY,
    backlog: spec.backlog ?? Number.POSITIVE_INFINITY,
    errors: (spec.errors ?? 0) / 100,
    errorStatus: spec.errorStatus ?? 500,
  };
}

function planLink(spec: LinkSpec = {}): PlannedLink {
  return { latency: createSampler(spec.latency ?? LATENCY), loss: (spec.loss ?? 0) / 100 };
}

function planPair(spec: PairModelSpec, { ha }: BalancerConfig, node: SpecNode): PlannedPair {
  const seen = new Set<string>();
  for (const [index, { name }] of spec.nodes.entries()) {
    if (seen.has(name)) node.get('nodes').get(index).get('name').fault(`"${name}" is there twice`);
    seen.add(name);
  }
  return {
    nodes: spec.nodes.map(({ name, priority = 100 }) => ({ name, priority })),
    advertIntervalMs: milliseconds(spec.advertInterval ?? 1000),
    preempt: spec.preempt ?? true,
    preemptDelayMs: milliseconds(spec.preemptDelay ?? 0),
    gateway: spec.gateway ?? false,
    replicate: [...new Set(spec.replicate ?? ha?.replicate)],
  };
}
