// Copying between the nodes of a simulated pair: the real publisher and the real sources, over a modelled stream.
import { applyBatch } from '../../ha/replication/batches.js';
import type { ReplicaMessage } from '../../ha/replication/frames.js';
import { Publisher } from '../../ha/replication/publisher.js';
import type { ReplicaKind, ReplicaSources } from '../../ha/replication/source.js';
import { RESEND_MS } from './model-network.js';
import type { SimNode } from './sim-node.js';
import type { World } from './world.js';

/** Round trips until both ends have shown that they know the secret. */
const GREETING_TRIPS = 2.5;
/** A broken one is made again after so long, ms. */
const REDIAL_MS = 250;
/** What was sent before the address was given away may still come for so long, ms. */
const LINGER_MS = 250;

/** One connection: what is on its way keeps its order, and is sent again while it is not heard. */
class SimStream {
  readonly follower: SimNode;
  readonly active: SimNode;
  readonly #world: World;
  readonly #kinds: readonly ReplicaKind[];
  readonly #onEnd: (stream: SimStream) => void;
  #publisher: Publisher | undefined;
  #isEnded = false;
  /** When the last piece that is on its way arrives, ms, to the follower and back. */
  readonly #lastMs: Map<SimNode, number> = new Map();

  constructor(
    active: SimNode,
    follower: SimNode,
    kinds: readonly ReplicaKind[],
    world: World,
    onEnd: (stream: SimStream) => void,
  ) {
    this.active = active;
    this.follower = follower;
    this.#kinds = kinds;
    this.#world = world;
    this.#onEnd = onEnd;
    this.#carry(follower, active, GREETING_TRIPS, () => this.#open());
  }

  /** Sends what is noted; calls back when it is in force there. */
  flush(onFlushed: () => void): void {
    if (this.#publisher === undefined) return onFlushed();
    void this.#publisher.flush().then(() => onFlushed());
    this.#world.loop.isUnsettled = true;
  }

  /** The active one has nothing to tell any more: what it sent still comes, and then the end. */
  stop(): void {
    this.#publisher?.close();
    this.#carry(this.active, this.follower, 1, () => this.end());
  }

  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#publisher?.close();
    this.#onEnd(this);
  }

  #open(): void {
    const sink = {
      send: (message: ReplicaMessage): boolean => {
        this.#carry(this.active, this.follower, 1, () => this.#take(message));
        return true;
      },
      close: () => this.end(),
    };
    this.#publisher = new Publisher(named(this.active, this.#kinds), sink, this.active.clock);
    this.#publisher.start();
  }

  #take(message: ReplicaMessage): void {
    if (message.type === 'entries') applyBatch(named(this.follower, this.#kinds), message);
    this.#carry(this.follower, this.active, 1, () => {
      this.#publisher?.onAck(message.batch);
      this.#world.loop.isUnsettled = true;
    });
  }

  /** In the order in which it was sent; what does not get through is sent again. */
  #carry(from: SimNode, to: SimNode, trips: number, act: () => void): void {
    const { network, queue } = this.#world;
    const { peers } = network.links;
    let delayMs = peers.resendDelay();
    for (let trip = 0; trip < trips; trip++) delayMs += peers.delay();
    const arriveMs = Math.max(queue.nowMs + delayMs, this.#lastMs.get(to) ?? 0);
    this.#lastMs.set(to, arriveMs);
    this.#arrive(from, to, arriveMs - queue.nowMs, act);
  }

  #arrive(from: SimNode, to: SimNode, delayMs: number, act: () => void): void {
    to.clock.schedule(delayMs, () => {
      if (this.#isEnded) return;
      if (this.#world.network.reaches(from.index, to.index)) act();
      else this.#arrive(from, to, RESEND_MS, act);
    });
  }
}

function named({ replicas }: SimNode, kinds: readonly ReplicaKind[]): ReplicaSources {
  return Object.fromEntries(kinds.map((kind) => [kind, replicas.sources[kind]]));
}

/** @internal Keeps a stream from each backup to the node that it follows. */
export class SimReplication {
  readonly #world: World;
  readonly #kinds: readonly ReplicaKind[];
  readonly #streams: Map<SimNode, SimStream> = new Map();
  /** Whom each follows. */
  readonly #following: Map<SimNode, SimNode> = new Map();

  constructor(kinds: readonly ReplicaKind[], world: World) {
    this.#kinds = kinds;
    this.#world = world;
  }

  /** After every step of a node: whom it follows now; undefined = nobody. */
  follow(node: SimNode, active: SimNode | undefined): void {
    if (this.#kinds.length === 0 || this.#following.get(node) === active) return;
    const before = this.#streams.get(node);
    this.#streams.delete(node);
    if (active === undefined) {
      this.#following.delete(node);
      if (before !== undefined) node.clock.schedule(LINGER_MS, () => before.end());
      return;
    }
    this.#following.set(node, active);
    before?.end();
    this.#dial(node, active);
  }

  /** It is no longer active. */
  onDeposed(node: SimNode): void {
    for (const stream of this.#streams.values()) if (stream.active === node) stream.stop();
  }

  /** Its process is gone, and all its connections with it. */
  onStopped(node: SimNode): void {
    this.#following.delete(node);
    for (const stream of this.#streams.values())
      if (stream.active === node || stream.follower === node) stream.end();
  }

  /** Calls back when all who follow have what the node had to tell, or after a quarter of a second. */
  flush(node: SimNode, done: () => void): void {
    const streams = [...this.#streams.values()].filter(({ active }) => active === node);
    let left = streams.length;
    if (left === 0) return done();
    let isDone = false;
    const finish = (): void => {
      if (isDone) return;
      isDone = true;
      timer.cancel();
      done();
    };
    const timer = node.clock.schedule(LINGER_MS, finish);
    for (const stream of streams) stream.flush(() => --left === 0 && finish());
  }

  #dial(node: SimNode, active: SimNode): void {
    const stream = new SimStream(active, node, this.#kinds, this.#world, (ended) => {
      if (this.#streams.get(node) !== ended) return;
      this.#streams.delete(node);
      node.clock.schedule(REDIAL_MS, () => {
        const isWanted = this.#following.get(node) === active && !this.#streams.has(node);
        if (isWanted) this.#dial(node, active);
      });
    });
    this.#streams.set(node, stream);
  }
}
