// Who was in which state when: from events to stretches of time.
import type { SimEvent } from '../simulator/report-types.js';

/** How a member, fault or address owner is drawn. */
export type LaneState = 'unknown' | 'up' | 'down' | 'ejected' | 'draining' | 'fault' | 'owner';

/** A stretch of one state. */
export interface Stretch {
  readonly fromMs: number;
  readonly toMs: number;
  readonly state: LaneState;
  readonly label: string;
}

/** One row of the picture. */
export interface Lane {
  readonly name: string;
  readonly stretches: readonly Stretch[];
}

const STATE_AFTER: Readonly<Record<string, LaneState>> = {
  'member:up': 'up',
  'member:down': 'down',
  'member:ejected': 'ejected',
  'member:restored': 'up',
  'member:draining': 'draining',
  'member:removed': 'unknown',
};

/** A lane for each fault. */
export function faultLanes(events: readonly SimEvent[], endMs: number): Lane[] {
  const lanes: Lane[] = [];
  const open: { label: string; fromMs: number }[] = [];
  const close = (label: string, fromMs: number, toMs: number): void => {
    lanes.push({ name: label, stretches: [{ fromMs, toMs, state: 'fault', label }] });
  };
  for (const { name, reason, atMs } of events) {
    if (name === 'fault') open.push({ label: reason, fromMs: atMs });
    if (name !== 'fault:over') continue;
    const index = open.findIndex(({ label }) => label === reason);
    const [fault] = index < 0 ? [] : open.splice(index, 1);
    if (fault !== undefined) close(reason, fault.fromMs, atMs);
  }
  for (const { label, fromMs } of open) close(label, fromMs, endMs);
  return lanes.sort((a, b) => (a.stretches[0]?.fromMs ?? 0) - (b.stretches[0]?.fromMs ?? 0));
}

/** A lane for each member, and for each node that sees it where there are several. */
export function memberLanes(
  members: readonly string[],
  events: readonly SimEvent[],
  endMs: number,
): Lane[] {
  const nodes = [...new Set(events.flatMap(({ node }) => (node === undefined ? [] : [node])))];
  if (nodes.length === 0) return members.map((name) => memberLane(name, name, events, endMs));
  return members.flatMap((name) =>
    nodes.map((node) => {
      const own = events.filter((event) => event.node === node);
      return memberLane(`${name} (${node})`, name, own, endMs);
    }),
  );
}

function memberLane(
  title: string,
  member: string,
  events: readonly SimEvent[],
  endMs: number,
): Lane {
  const stretches: Stretch[] = [];
  let state: LaneState = 'unknown';
  let label = 'not checked yet';
  let fromMs = 0;
  const end = (toMs: number): void => {
    if (toMs > fromMs) stretches.push({ fromMs, toMs, state, label });
    fromMs = toMs;
  };
  for (const event of events) {
    if (event.member !== member || event.atMs > endMs) continue;
    const next = stateAfter(event);
    if (next === undefined || next === state) continue;
    end(event.atMs);
    state = next;
    label = `${event.name}: ${event.reason}`;
  }
  end(endMs);
  return { name: title, stretches };
}

function stateAfter({ name, state }: SimEvent): LaneState | undefined {
  if (name !== 'member:state') return STATE_AFTER[name];
  return state === 'ready' ? 'up' : 'draining';
}
