// What everything in a simulation shares, and the requests that are under way in it.
import type { Random } from '../../core/random.js';
import type { Cluster } from './cluster.js';
import type { EventQueue } from './event-queue.js';
import type { ModelNetwork } from './model-network.js';
import type { Recorder } from './recorder.js';
import type { SimLoop } from './sim-loop.js';
import type { SimNode } from './sim-node.js';
import { type RequestWorld, SimRequest } from './sim-request.js';

/** @internal One simulated world. */
export class World implements RequestWorld {
  readonly loop: SimLoop;
  readonly queue: EventQueue;
  readonly network: ModelNetwork;
  readonly recorder: Recorder;
  readonly serviceRandom: Random;
  cluster!: Cluster;
  /** Requests under way. */
  readonly live: SimRequest[] = [];
  readonly #free: SimRequest[] = [];

  constructor(loop: SimLoop, network: ModelNetwork, recorder: Recorder, serviceRandom: Random) {
    this.loop = loop;
    this.queue = loop.queue;
    this.network = network;
    this.recorder = recorder;
    this.serviceRandom = serviceRandom;
  }

  /** A request object to fill. */
  take(): SimRequest {
    const request = this.#free.pop() ?? new SimRequest(this);
    request.liveIndex = this.live.length;
    this.live.push(request);
    return request;
  }

  /** Those that are with this node now; they may end meanwhile. */
  requestsOf(node: SimNode): readonly SimRequest[] {
    return this.live.filter((request) => request.node === node);
  }

  /** It has ended. */
  free(request: SimRequest): void {
    const { liveIndex } = request;
    const last = this.live.pop()!;
    if (last !== request) {
      this.live[liveIndex] = last;
      last.liveIndex = liveIndex;
    }
    this.#free.push(request);
  }
}
