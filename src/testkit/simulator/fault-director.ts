// Lets things go wrong, and right again, when the scenario says so.
import type { ArrivalStream } from './arrival-stream.js';
import type { SimTask } from './event-queue.js';
import type { ModelMember } from './model-member.js';
import type { MemberPlace, PlannedFault } from './plan.js';
import type { SimNode } from './sim-node.js';
import type { World } from './world.js';

/** What a pair is told about its nodes. */
export interface NodeWatcher {
  onStarted(node: SimNode): void;
  /** Just before its life ends. */
  onStopped(node: SimNode, state: 'gone' | 'cut'): void;
  /** The operator lets it hand over. */
  resign(node: SimNode): void;
}

/** What the director works on. */
export interface FaultParts {
  readonly world: World;
  readonly streams: readonly ArrivalStream[];
  readonly modelOf: (place: MemberPlace) => ModelMember;
  readonly watcher: NodeWatcher | undefined;
}

class FaultTask implements SimTask {
  place = -1;
  readonly #act: () => void;

  constructor(act: () => void) {
    this.#act = act;
  }

  onDue(): void {
    this.#act();
  }
}

/** @internal Carries out the faults of one scenario. */
export class FaultDirector {
  readonly #parts: FaultParts;

  constructor(parts: FaultParts) {
    this.#parts = parts;
  }

  start(faults: readonly PlannedFault[]): void {
    const { queue } = this.#parts.world;
    for (const fault of faults) {
      queue.schedule(new FaultTask(() => this.#turn(fault, true)), fault.atMs);
      if (fault.forMs !== Number.POSITIVE_INFINITY)
        queue.schedule(new FaultTask(() => this.#turn(fault, false)), fault.atMs + fault.forMs);
    }
  }

  #turn(fault: PlannedFault, isOn: boolean): void {
    const { loop, queue, recorder } = this.#parts.world;
    const name = isOn ? 'fault' : 'fault:over';
    recorder.onEvent({ atMs: queue.nowMs, name, reason: fault.label });
    this.#carryOut(fault, isOn);
    loop.isUnsettled = true;
  }

  #carryOut(fault: PlannedFault, isOn: boolean): void {
    switch (fault.action) {
      case 'kill':
      case 'cut':
        return this.#stop(fault, isOn, fault.action === 'kill' ? 'gone' : 'cut');
      case 'pause':
        return this.#pause(fault, isOn);
      case 'slow':
        return this.#eachModel(fault, (model) => (model.slowBy = isOn ? fault.by : 1));
      case 'errors':
        return this.#eachModel(fault, (model) => {
          model.restoreErrors();
          if (!isOn) return;
          model.errors = fault.share;
          model.errorStatus = fault.status;
        });
      case 'drain':
      case 'maintenance': {
        const state = isOn ? fault.action : 'ready';
        return this.#eachPlace(fault, (node, { pool, config }) =>
          node.pools.get(pool)!.pool.setState(config.name, state),
        );
      }
      case 'weight':
        return this.#eachPlace(fault, (node, { pool, config }) =>
          node.pools.get(pool)!.pool.setWeight(config.name, isOn ? fault.weight : config.weight),
        );
      case 'partition':
        return this.#partition(fault, isOn);
      case 'network':
        return this.#network(fault, isOn);
      case 'load':
        for (const stream of this.#parts.streams) {
          stream.loadBy = isOn ? fault.by : 1;
          stream.onLoad();
        }
        return;
      case 'resign':
        for (const node of this.#nodes(fault.nodes)) {
          if (isOn) this.#parts.watcher?.resign(node);
          else this.#parts.watcher?.onStarted(node);
        }
    }
  }

  #stop(fault: PlannedFault, isOn: boolean, state: 'gone' | 'cut'): void {
    const { world, watcher } = this.#parts;
    this.#eachModel(fault, (model) => {
      if (!isOn) return model.start();
      if (state === 'gone')
        for (const node of world.cluster.nodes)
          for (const pool of node.pools.values()) pool.dropConnections(model.index);
      model.stop(state);
    });
    for (const node of this.#nodes(fault.nodes)) {
      if (!isOn) {
        if (node.state === 'running' || node.state === 'paused') continue;
        node.start();
        watcher?.onStarted(node);
        continue;
      }
      if (node.state === 'gone' || node.state === 'cut') continue;
      watcher?.onStopped(node, state);
      for (const request of world.requestsOf(node)) {
        if (state === 'gone') request.onNodeGone();
        else request.onNodeSilent();
      }
      node.stop(state);
    }
  }

  #pause(fault: PlannedFault, isOn: boolean): void {
    const { world } = this.#parts;
    const { nowMs } = world.queue;
    this.#eachModel(fault, (model) => (isOn ? model.pause(nowMs) : model.resume(nowMs)));
    for (const node of this.#nodes(fault.nodes)) {
      if (isOn) {
        if (node.state === 'running') node.pause();
        continue;
      }
      if (node.state !== 'paused') continue;
      node.resume();
      for (const request of world.requestsOf(node)) request.onNodeBack();
    }
  }

  #partition({ members, nodes, from }: PlannedFault, isOn: boolean): void {
    const { world, modelOf } = this.#parts;
    const targets = this.#nodes(nodes);
    const others = this.#nodes(from.nodes);
    for (const place of members) for (const node of others) modelOf(place).setCut(node.index, isOn);
    for (const place of from.members)
      for (const node of targets) modelOf(place).setCut(node.index, isOn);
    for (const node of targets) {
      for (const other of others)
        if (other !== node) world.network.setCut(node.index, other.index, isOn);
      if (from.clients) world.network.setClientCut(node.index, isOn);
    }
  }

  #network({ links, latency, loss }: PlannedFault, isOn: boolean): void {
    for (const kind of links) {
      const link = this.#parts.world.network.links[kind];
      link.restore();
      if (!isOn) continue;
      if (latency !== undefined) link.latency = latency;
      if (loss !== undefined) link.loss = loss;
    }
  }

  #eachModel({ members }: PlannedFault, act: (model: ModelMember) => void): void {
    for (const model of new Set(members.map((place) => this.#parts.modelOf(place)))) act(model);
  }

  /** On every node that lives: the operator does it on each. */
  #eachPlace({ members }: PlannedFault, act: (node: SimNode, place: MemberPlace) => void): void {
    for (const node of this.#parts.world.cluster.nodes)
      if (node.state === 'running') for (const place of members) act(node, place);
  }

  #nodes(names: readonly string[]): readonly SimNode[] {
    return this.#parts.world.cluster.nodes.filter((node) => names.includes(node.name));
  }
}
