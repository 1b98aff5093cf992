// An exhaustive walk of two nodes and the network between them, half an advert interval at a time.
import { initialHaState, stepHa } from '../../../src/ha/machine.js';
import type {
  HaAdvert,
  HaInput,
  HaSettings,
  HaState,
  HaStep,
} from '../../../src/ha/machine-types.js';
import { downIntervalMs } from '../../../src/ha/timers.js';

export const INTERVAL_MS = 1000;
const HALF_MS = INTERVAL_MS / 2;

/** What plays the machine; tests bring broken ones. */
export type Step = (settings: HaSettings, state: HaState, input: HaInput, nowMs: number) => HaStep;

/** Where the walk goes. */
export interface WalkOptions {
  /** Half adverts. */
  readonly depth: number;
  readonly preempt: boolean;
  readonly step?: Step;
}

/** What it found. */
export interface WalkResult {
  /** Different states of both nodes and the network. */
  readonly states: number;
  readonly transitions: number;
  /** The first broken invariant, and the way to it. */
  readonly violation: string | undefined;
}

type Name = 'a' | 'b';

interface Message {
  readonly from: Name;
  readonly advert: HaAdvert;
  readonly life: number;
  readonly sequence: number;
  readonly isCopy: boolean;
  /** It gives the address away, and had heard that the other one lives. */
  readonly handsOver: boolean;
}

interface Node {
  readonly state: HaState;
  readonly dueAtMs: number;
  readonly holds: boolean;
  readonly life: number;
  readonly sequence: number;
  /** The guard against replays: life and number of the last packet that was believed. */
  readonly heardLife: number;
  readonly heardSequence: number;
  /** When an active one that goes before was last heard, and nothing else of it since. */
  readonly followedAtMs: number;
}

/** One moment; a node that is undefined was killed. */
interface World {
  readonly nowMs: number;
  readonly nodes: Readonly<Record<Name, Node | undefined>>;
  readonly lives: number;
  readonly inFlight: readonly Message[];
  readonly trail: Trail | undefined;
}

interface Trail {
  readonly text: string;
  readonly before: Trail | undefined;
}

const SETTINGS: Readonly<Record<Name, HaSettings>> = {
  a: settings('a', 192),
  b: settings('b', 128),
};

function settings(name: Name, priority: number): HaSettings {
  return {
    node: name,
    priority,
    preempt: true,
    preemptDelayMs: 0,
    advertIntervalMs: INTERVAL_MS,
    checksGateway: false,
    peers: [other(name)],
  };
}

function other(name: Name): Name {
  return name === 'a' ? 'b' : 'a';
}

class Violation extends Error {}

/** Every fate of every message (arrives, is lost, comes half an advert later, comes twice), and every kill, hand-over and start, at every step. */
export function walk({ depth, preempt, step = stepHa }: WalkOptions): WalkResult {
  const rules = new Rules(step, preempt);
  const seen = new Set<string>();
  let layer: World[] = [rules.begin()];
  let transitions = 0;
  for (const world of layer) seen.add(key(world));
  try {
    for (let at = 0; at < depth; at++) {
      const next: World[] = [];
      for (const world of layer)
        for (const after of rules.successors(world)) {
          transitions++;
          const name = key(after);
          if (seen.has(name)) continue;
          seen.add(name);
          next.push(after);
        }
      layer = next;
    }
    for (const world of layer) rules.settles(world);
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    return { states: seen.size, transitions, violation: error.message };
  }
  return { states: seen.size, transitions, violation: undefined };
}

class Rules {
  readonly #step: Step;
  readonly #preempt: boolean;

  constructor(step: Step, preempt: boolean) {
    this.#step = step;
    this.#preempt = preempt;
  }

  begin(): World {
    const world = new Moment({
      nowMs: 0,
      nodes: { a: undefined, b: undefined },
      lives: 0,
      inFlight: [],
      trail: undefined,
    });
    this.#start(world, 'a');
    this.#start(world, 'b');
    return world.world;
  }

  /** All that half an advert may bring. */
  *successors(world: World): Generator<World> {
    const { inFlight } = world;
    const fates = inFlight.map(({ isCopy }) => (isCopy ? 2 : 4));
    const combinations = fates.reduce((product, count) => product * count, 1);
    for (let combination = 0; combination < combinations; combination++) {
      for (const change of CHANGES) {
        if (change !== undefined && !isPossible(world, change)) continue;
        yield this.#after(world, combination, change);
      }
    }
  }

  /** Left alone with a whole network, there is one active again, and the better one if it may take over. */
  settles(world: World): void {
    let now = world;
    for (const name of NAMES)
      if (now.nodes[name] === undefined) now = this.#after(now, 0, { name, what: 'start' });
    for (let i = 0; i < 20; i++) now = this.#after(now, 0, undefined);
    const active = NAMES.filter((name) => now.nodes[name]?.state.role === 'active');
    if (active.length !== 1) fail(now, `${active.length} active after ten adverts without faults`);
    if (this.#preempt && active[0] !== 'a') fail(now, 'the lower one is active');
  }

  #after(world: World, combination: number, change: Change | undefined): World {
    const moment = new Moment({ ...world, inFlight: [] });
    if (change?.what === 'resign') this.#feed(moment, change.name, { type: 'resign' });
    if (change?.what === 'start') this.#start(moment, change.name);
    else if (change !== undefined) moment.remove(change);
    let rest = combination;
    for (const message of world.inFlight) {
      const fates = message.isCopy ? 2 : 4;
      this.#carry(moment, message, rest % fates);
      rest = Math.floor(rest / fates);
    }
    this.#pass(moment, world.nowMs + HALF_MS);
    // What is overtaken will not be believed any more.
    const inFlight = moment.world.inFlight.filter((message) => isNew(moment.world, message));
    return { ...moment.world, inFlight };
  }

  #carry(moment: Moment, message: Message, fate: number): void {
    if (fate === 0 || fate === 3) this.#deliver(moment, message);
    if (fate === 2 || fate === 3) moment.delay(message);
    if (fate > 0) moment.note(`${message.from}#${message.sequence} ${FATES[fate]}`);
  }

  #deliver(moment: Moment, message: Message): void {
    const { from, advert, life, sequence } = message;
    const to = other(from);
    const node = moment.node(to);
    if (node === undefined || !isNew(moment.world, message)) return;
    const isFollowed = advert.isActive && advert.priority >= node.state.priority;
    moment.put(to, {
      ...node,
      heardLife: life,
      heardSequence: sequence,
      followedAtMs: isFollowed ? moment.world.nowMs : Number.NEGATIVE_INFINITY,
    });
    this.#feed(moment, to, { type: 'advert', from, advert });
    const isBetter = advert.isActive && advert.priority > node.state.priority;
    if (isBetter && moment.node(to)?.state.role === 'active')
      fail(moment.world, `${to} stays active though it heard the better one`);
    if (message.handsOver && moment.node(to)?.state.role !== 'active')
      fail(moment.world, `${to} waits though ${from} hands over`);
  }

  /** Timers fire when they are due. */
  #pass(moment: Moment, untilMs: number): void {
    for (let fired = 0; fired < 100; fired++) {
      const due = NAMES.filter((name) => (moment.node(name)?.dueAtMs ?? untilMs) < untilMs);
      const first = due.sort((x, y) => moment.node(x)!.dueAtMs - moment.node(y)!.dueAtMs)[0];
      if (first === undefined) {
        moment.world = { ...moment.world, nowMs: untilMs };
        return;
      }
      const nowMs = Math.max(moment.world.nowMs, moment.node(first)!.dueAtMs);
      moment.world = { ...moment.world, nowMs };
      this.#feed(moment, first, { type: 'timer' });
    }
    fail(moment.world, 'timers fire without end');
  }

  #start(moment: Moment, name: Name): void {
    const life = moment.world.lives + 1;
    moment.world = { ...moment.world, lives: life };
    moment.put(name, {
      state: initialHaState(SETTINGS[name]),
      dueAtMs: Number.POSITIVE_INFINITY,
      holds: false,
      life,
      sequence: 0,
      heardLife: 0,
      heardSequence: 0,
      followedAtMs: Number.NEGATIVE_INFINITY,
    });
    moment.note(`start ${name}`);
    this.#feed(moment, name, { type: 'start' });
  }

  #feed(moment: Moment, name: Name, input: HaInput): void {
    const before = moment.node(name);
    if (before === undefined) return;
    const { nowMs } = moment.world;
    const own = { ...SETTINGS[name], preempt: this.#preempt };
    const { state, actions, dueAtMs } = this.#step(own, before.state, input, nowMs);
    let { holds, sequence } = before;
    for (const action of actions) {
      if (action.type === 'acquire') holds = true;
      if (action.type === 'release') holds = false;
      // Copies of a resignation have one fate together.
      if (action.type === 'send')
        moment.send({
          from: name,
          advert: action.advert,
          life: before.life,
          sequence: ++sequence,
          isCopy: false,
          handsOver: before.holds && action.advert.priority === 0 && knowsLiving(before, name),
        });
    }
    moment.put(name, { ...before, state, dueAtMs, holds, sequence });
    if (holds !== (state.role === 'active')) fail(moment.world, `${name} holds what it should not`);
    const patience = downIntervalMs(state.priority, INTERVAL_MS);
    if (
      state.role === 'active' &&
      before.state.role === 'backup' &&
      nowMs - before.followedAtMs < patience
    )
      fail(moment.world, `${name} took over though it heard the other one`);
    if (actions.some((action) => action.type === 'acquire'))
      this.#feed(moment, name, { type: 'acquired' });
  }
}

/** A world that is being changed. */
class Moment {
  world: World;

  constructor(world: World) {
    this.world = world;
  }

  node(name: Name): Node | undefined {
    return this.world.nodes[name];
  }

  put(name: Name, node: Node): void {
    this.world = { ...this.world, nodes: { ...this.world.nodes, [name]: node } };
  }

  remove({ name, what }: Change): void {
    this.world = { ...this.world, nodes: { ...this.world.nodes, [name]: undefined } };
    this.note(`${what} ${name}`);
  }

  send(message: Message): void {
    this.world = { ...this.world, inFlight: [...this.world.inFlight, message] };
  }

  delay(message: Message): void {
    this.send({ ...message, isCopy: true });
  }

  note(text: string): void {
    const { nowMs, trail } = this.world;
    this.world = { ...this.world, trail: { text: `${nowMs} ms: ${text}`, before: trail } };
  }
}

interface Change {
  readonly name: Name;
  readonly what: 'kill' | 'resign' | 'start';
}

const NAMES: readonly Name[] = ['a', 'b'];
const FATES = ['arrives', 'is lost', 'is late', 'comes twice'];
const CHANGES: readonly (Change | undefined)[] = [
  undefined,
  { name: 'a', what: 'kill' },
  { name: 'b', what: 'kill' },
  { name: 'a', what: 'resign' },
  { name: 'b', what: 'resign' },
  { name: 'a', what: 'start' },
  { name: 'b', what: 'start' },
];

function isPossible(world: World, { name, what }: Change): boolean {
  return (world.nodes[name] === undefined) === (what === 'start');
}

function fail(world: World, what: string): never {
  const way: string[] = [];
  for (let at = world.trail; at !== undefined; at = at.before) way.unshift(at.text);
  throw new Violation(`${what}\n${way.join('\n')}\n${world.nowMs} ms`);
}

function knowsLiving({ state }: Node, name: Name): boolean {
  const view = state.peers[other(name)];
  return view !== undefined && !view.isLost && view.priority > 0;
}

/** What the guard against replays believes. */
function isNew({ nodes }: World, { from, life, sequence }: Message): boolean {
  const node = nodes[other(from)];
  if (node === undefined || life > node.heardLife) return true;
  return life === node.heardLife && sequence > node.heardSequence;
}

/** The same moment, whenever it is and whatever was sent before. */
function key({ nowMs, nodes, inFlight }: World): string {
  const parts: unknown[] = [];
  for (const name of NAMES) {
    const node = nodes[name];
    const peer = nodes[other(name)];
    if (node === undefined) {
      parts.push(0);
      continue;
    }
    const { state } = node;
    const view = state.peers[other(name)];
    const heard = inFlight
      .filter(({ from }) => from !== name)
      .map(({ advert, life, sequence, isCopy, handsOver }) => [
        text(advert),
        isCopy,
        handsOver,
        life > node.heardLife,
        life === node.heardLife ? sequence - node.heardSequence : sequence,
      ]);
    parts.push([
      state.role,
      state.priority,
      relative(state.advertAtMs, nowMs),
      relative(state.downAtMs, nowMs),
      state.following,
      state.replacing === undefined ? 0 : Math.max(0, state.replacing.untilMs - nowMs),
      state.betterSinceMs === undefined,
      view === undefined
        ? 0
        : [
            view.isActive,
            view.priority,
            view.namesUs,
            view.isInConflict,
            view.isLost || view.heardAtMs - nowMs,
          ],
      Math.max(-4 * INTERVAL_MS, node.followedAtMs - nowMs),
      peer === undefined
        ? 0
        : [
            peer.life - node.heardLife > 0,
            peer.life === node.heardLife ? peer.sequence - node.heardSequence : 0,
          ],
      heard,
    ]);
  }
  return JSON.stringify(parts);
}

function relative(atMs: number, nowMs: number): number {
  return atMs - nowMs;
}

function text(advert: HaAdvert): string {
  return `${advert.isActive}${advert.priority}${advert.successor}${advert.replaces}${advert.wantsReply}`;
}
