// The pair of a simulation: the real state machine on each node, over modelled lines.

import type { ClockTimer } from '../../core/clock.js';
import { initialHaState, stepHa } from '../../ha/machine.js';
import type {
  HaAction,
  HaAdvert,
  HaEventName,
  HaInput,
  HaSettings,
  HaState,
} from '../../ha/machine-types.js';
import type { NodeWatcher } from './fault-director.js';
import type { PlannedPair } from './plan.js';
import type { SimNode } from './sim-node.js';
import { SimReplication } from './sim-replication.js';
import type { World } from './world.js';

/** One node's part in the election. */
class Part {
  readonly node: SimNode;
  readonly settings: HaSettings;
  state: HaState;
  timer: ClockTimer | undefined = undefined;
  /** Rises with every start: what was meant for an earlier life is dropped. */
  life = 0;

  constructor(node: SimNode, settings: HaSettings) {
    this.node = node;
    this.settings = settings;
    this.state = initialHaState(settings);
  }
}

/** @internal Elects an owner of the address, and watches that there are never two for long. */
export class SimPair implements NodeWatcher {
  readonly #world: World;
  readonly #intervalMs: number;
  readonly #parts: readonly Part[];
  readonly #replication: SimReplication;
  /** Since when two that hear each other are both active, ms. */
  #twoSinceMs: number | undefined = undefined;

  constructor(plan: PlannedPair, world: World) {
    this.#world = world;
    this.#intervalMs = plan.advertIntervalMs;
    this.#replication = new SimReplication(plan.replicate, world);
    const names = plan.nodes.map(({ name }) => name);
    this.#parts = plan.nodes.map(
      ({ name, priority }) =>
        new Part(world.cluster.find(name)!, {
          node: name,
          priority,
          preempt: plan.preempt,
          preemptDelayMs: plan.preemptDelayMs,
          advertIntervalMs: plan.advertIntervalMs,
          checksGateway: plan.gateway,
          peers: names.filter((other) => other !== name),
        }),
    );
  }

  onStarted(node: SimNode): void {
    const part = this.#partOf(node);
    part.life++;
    part.state = initialHaState(part.settings);
    // A process that was killed leaves the address: the next one takes it off first.
    this.#world.cluster.drop(node);
    this.#feed(part, { type: 'start' });
  }

  onStopped(node: SimNode, state: 'gone' | 'cut'): void {
    const part = this.#partOf(node);
    part.life++;
    part.state = initialHaState(part.settings);
    part.timer?.cancel();
    this.#replication.onStopped(node);
    // The address of a killed process stays on its kernel, which refuses; a host that is off has none.
    if (state === 'cut') this.#world.cluster.drop(node);
    else for (const other of this.#parts) if (other !== part) this.#tellLost(part, other);
  }

  resign(node: SimNode): void {
    const part = this.#partOf(node);
    const { life } = part;
    this.#replication.flush(node, () => {
      if (part.life === life) this.#feed(part, { type: 'resign' });
    });
  }

  #partOf(node: SimNode): Part {
    return this.#parts[node.index]!;
  }

  /** The kernel of a killed process resets the connection between the two. */
  #tellLost(from: Part, to: Part): void {
    this.#deliver(from.node, to, () =>
      this.#feed(to, { type: 'link-lost', peer: from.settings.node }),
    );
  }

  #feed(part: Part, input: HaInput): void {
    const { clock } = part.node;
    const before = part.state;
    const { state, actions, dueAtMs } = stepHa(part.settings, part.state, input, clock.now());
    part.state = state;
    part.timer?.cancel();
    part.timer =
      dueAtMs === Number.POSITIVE_INFINITY
        ? undefined
        : clock.schedule(dueAtMs - clock.now(), () => this.#feed(part, { type: 'timer' }));
    for (const action of actions) this.#act(part, action);
    this.#copy(part, before.role);
  }

  #copy({ node, state }: Part, before: HaState['role']): void {
    if (before === 'active' && state.role !== 'active') this.#replication.onDeposed(node);
    const { role, following } = state;
    const active = role === 'backup' ? following : undefined;
    this.#replication.follow(
      node,
      active === undefined ? undefined : this.#world.cluster.find(active),
    );
  }

  #act(part: Part, action: HaAction): void {
    const { cluster, network } = this.#world;
    const { node } = part;
    switch (action.type) {
      case 'send':
        for (const name of action.to)
          for (let copy = 0; copy < action.copies; copy++) this.#send(part, name, action.advert);
        return;
      case 'acquire':
        cluster.take(node);
        this.#announce(node);
        this.#feed(part, { type: 'acquired' });
        return this.#tell(node, 'ha:acquired', 'virtual address');
      case 'announce':
        return this.#announce(node);
      case 'release':
        return cluster.drop(node);
      case 'check-gateway': {
        const { life } = part;
        const answers = network.reachesClients(node.index);
        const delayMs = answers ? 2 * network.links.clients.delay() : this.#intervalMs;
        node.clock.schedule(delayMs, () => {
          if (part.life === life) this.#feed(part, { type: 'gateway', answers });
        });
        return;
      }
      case 'event': {
        const reason =
          action.peer === undefined ? action.reason : `${action.peer}: ${action.reason}`;
        return this.#tell(node, action.name, reason);
      }
    }
  }

  #tell(node: SimNode, name: HaEventName | 'ha:acquired', reason: string): void {
    const { recorder, queue } = this.#world;
    recorder.onEvent({ atMs: queue.nowMs, name, node: node.name, reason });
  }

  /** Gratuitous ARP: whoever hears it sends there from now on. */
  #announce(node: SimNode): void {
    const { cluster, network, recorder, queue } = this.#world;
    if (!network.reachesClients(node.index) || cluster.owner === node) return;
    cluster.owner = node;
    recorder.owners.push({ atMs: queue.nowMs, node: node.name });
  }

  #send(from: Part, name: string, advert: HaAdvert): void {
    const to = this.#parts.find(({ settings }) => settings.node === name)!;
    if (this.#world.network.links.peers.isLost()) return;
    this.#deliver(from.node, to, () => {
      this.#feed(to, { type: 'advert', from: from.settings.node, advert });
      this.#checkTwo(from, to);
    });
  }

  /** Whatever lies in the sockets of a stopped node is read when it goes on. */
  #deliver(from: SimNode, to: Part, act: () => void): void {
    const { network } = this.#world;
    const { life, node } = to;
    const isUp = node.state === 'running' || node.state === 'paused';
    if (!isUp || !network.reaches(from.index, node.index)) return;
    node.clock.schedule(network.links.peers.delay(), () => {
      if (to.life === life) act();
    });
  }

  /** An advert got through: of two active ones, one gives way within an interval. */
  #checkTwo(from: Part, to: Part): void {
    const { queue, recorder } = this.#world;
    const areBoth =
      from.state.role === 'active' && to.state.role === 'active' && from.node.state === 'running';
    if (!areBoth) {
      this.#twoSinceMs = undefined;
      return;
    }
    this.#twoSinceMs ??= queue.nowMs;
    const sinceMs = queue.nowMs - this.#twoSinceMs;
    if (sinceMs <= this.#intervalMs) return;
    const detail = `${from.node.name} and ${to.node.name} are both active for ${sinceMs} ms`;
    recorder.invariants.note(queue.nowMs, 'two-active', detail);
  }
}
