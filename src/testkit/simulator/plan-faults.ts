// What goes wrong, checked and written out: whom it hits, and whether it says all that it needs.
import { milliseconds } from '../../spec/leaf.js';
import type { SpecNode } from '../../spec/spec-node.js';
import { expectedOneOf, noSuchName } from '../../spec/wording.js';
import { createSampler } from './chance.js';
import type { LinkKind, MemberPlace, PlannedFault, ScenarioNames } from './plan.js';
import type { FaultAction, FaultEvent } from './scenario-spec.js';

const LINKS: readonly LinkKind[] = ['clients', 'members', 'peers'];

/** What each action needs and may be told, besides `at` and `for`. */
const FIELDS: Readonly<
  Record<FaultAction, { readonly needs: readonly Field[]; readonly may: readonly Field[] }>
> = {
  kill: { needs: ['target'], may: [] },
  cut: { needs: ['target'], may: [] },
  pause: { needs: ['target'], may: [] },
  slow: { needs: ['target', 'by'], may: [] },
  errors: { needs: ['target', 'percent'], may: ['status'] },
  drain: { needs: ['target'], may: [] },
  maintenance: { needs: ['target'], may: [] },
  weight: { needs: ['target', 'to'], may: [] },
  partition: { needs: ['target'], may: ['from'] },
  network: { needs: ['target'], may: ['latency', 'loss'] },
  load: { needs: ['by'], may: [] },
  resign: { needs: ['target'], may: [] },
};
const ALL_FIELDS = ['target', 'from', 'by', 'percent', 'status', 'to', 'latency', 'loss'] as const;
type Field = (typeof ALL_FIELDS)[number];

/** Actions on nodes as well as members; the others know members only. */
const FOR_NODES: ReadonlySet<FaultAction> = new Set([
  'kill',
  'cut',
  'pause',
  'partition',
  'resign',
]);

/** @internal In order of time; reports to `node` what is wrong. */
export function planFaultEvents(
  events: readonly FaultEvent[],
  node: SpecNode,
  names: ScenarioNames,
): readonly PlannedFault[] {
  const planned = events.map((event, index) => planFault(event, node.get(index), names));
  return planned.sort((a, b) => a.atMs - b.atMs);
}

function planFault(event: FaultEvent, node: SpecNode, names: ScenarioNames): PlannedFault {
  const { needs, may } = FIELDS[event.do];
  for (const field of ALL_FIELDS) {
    const isThere = event[field] !== undefined;
    if (needs.includes(field) && !isThere)
      node.get(field).fault(`is missing; "${event.do}" needs it`);
    if (isThere && !needs.includes(field) && !may.includes(field))
      node.get(field).fault(`does not go with "${event.do}"`);
  }
  const atMs = milliseconds(event.at);
  if (atMs > names.durationMs) node.get('at').fault('is past the end of the scenario');
  const targets = listOf(event.target);
  const isNetwork = event.do === 'network';
  const found = isNetwork
    ? { members: [], nodes: [], clients: false }
    : resolve(targets, node.get('target'), names, event.do);
  const label = [
    event.do,
    ...targets,
    ...(event.from === undefined ? [] : ['from', ...listOf(event.from)]),
  ];
  return {
    atMs,
    forMs: event.for === undefined ? Number.POSITIVE_INFINITY : milliseconds(event.for),
    action: event.do,
    label: label.join(' '),
    members: found.members,
    nodes: found.nodes,
    links: isNetwork ? targets.filter((target) => checkLink(target, node.get('target'))) : [],
    from:
      event.from === undefined
        ? {
            members: [],
            nodes: names.nodes.filter((name) => !found.nodes.includes(name)),
            clients: false,
          }
        : resolve(listOf(event.from), node.get('from'), names, event.do),
    by: event.by ?? 1,
    share: (event.percent ?? 0) / 100,
    status: event.status ?? 500,
    weight: event.to ?? 0,
    latency: event.latency === undefined ? undefined : createSampler(event.latency),
    loss: event.loss === undefined ? undefined : event.loss / 100,
  };
}

function listOf(names: string | readonly string[] | undefined): readonly string[] {
  return names === undefined ? [] : typeof names === 'string' ? [names] : names;
}

function checkLink(target: string, node: SpecNode): target is LinkKind {
  const isKnown = (LINKS as readonly string[]).includes(target);
  if (!isKnown) node.fault(expectedOneOf(LINKS, target));
  return isKnown;
}

function resolve(
  targets: readonly string[],
  node: SpecNode,
  { members, nodes }: ScenarioNames,
  action: FaultAction,
): { members: readonly MemberPlace[]; nodes: readonly string[]; clients: boolean } {
  const found = new Set<MemberPlace>();
  const foundNodes: string[] = [];
  let clients = false;
  for (const target of targets) {
    const hit = action === 'resign' ? [] : members.filter((member) => isMeant(member, target));
    const isNode = FOR_NODES.has(action) && nodes.includes(target);
    const isClients = action === 'partition' && target === 'clients';
    for (const member of hit) found.add(member);
    if (isNode) foundNodes.push(target);
    if (isClients) clients = true;
    if (hit.length > 0 || isNode || isClients) continue;
    const memberNames = action === 'resign' ? [] : members.map(({ config }) => config.name);
    const known = [...memberNames, ...(FOR_NODES.has(action) ? nodes : [])];
    const kind = action === 'resign' ? 'node' : FOR_NODES.has(action) ? 'member or node' : 'member';
    node.fault(noSuchName(kind, target, known));
  }
  return { members: [...found], nodes: foundNodes, clients };
}

/** `web-1`, `web/web-1`, `*`, `zone=eu-1`. */
function isMeant({ key, config }: MemberPlace, target: string): boolean {
  if (target === '*' || target === config.name || target === key) return true;
  const at = target.indexOf('=');
  return at > 0 && config.labels[target.slice(0, at)] === target.slice(at + 1);
}
