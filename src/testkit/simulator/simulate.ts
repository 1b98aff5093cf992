// Runs a scenario in virtual time: the real pools, checks, retries, stickiness and limits, with modelled members, lines and clients.
import { seededRandom } from '../../core/random.js';
import type { Strategy } from '../../strategy/strategy.js';
import { type ArrivalStream, createStream } from './arrival-stream.js';
import { deriveSeed } from './chance.js';
import { Cluster } from './cluster.js';
import { createReport } from './create-report.js';
import type { SimTask } from './event-queue.js';
import { FaultDirector } from './fault-director.js';
import { ModelMember } from './model-member.js';
import { ModelNetwork } from './model-network.js';
import type { ScenarioPlan } from './plan.js';
import { type PlanOptions, planScenario } from './plan-scenario.js';
import { Recorder } from './recorder.js';
import type { ScenarioSpec } from './scenario-spec.js';
import { SimLoop } from './sim-loop.js';
import { type NodeParts, SimNode } from './sim-node.js';
import { SimPair } from './sim-pair.js';
import { SimulationRun } from './simulation-run.js';
import { World } from './world.js';

/** Pieces of the timeline, about. */
const PIECES = 240;
/** What is under way at the end may go on for so long. */
const GRACE_MS = 120_000;

/** What a simulation may be told besides its scenario. */
export interface SimulateOptions extends PlanOptions {
  /** Strategies of your own in the place of those that the spec names, by pool; one is made for each life of each node. */
  readonly strategies?: Readonly<Record<string, () => Strategy>>;
  /** Stops the run. */
  readonly signal?: AbortSignal;
}

/**
 * Plays a scenario. Nothing is opened and nobody waits: a day takes seconds. The same scenario and seed give the same report, to the byte,
 * on the same version of Node.
 *
 * @throws SpecError with every fault of the scenario; the reason of `signal`
 */
export async function simulate(
  scenario: ScenarioSpec,
  options: SimulateOptions = {},
): Promise<SimulationRun> {
  const plan = planScenario(scenario, options);
  const { extensions = {}, strategies = {}, signal } = options;
  signal?.throwIfAborted();
  const stage = setUp(plan, { extensions, strategies });
  const { world, streams } = stage;
  const { loop, cluster } = world;
  for (const node of cluster.nodes) {
    node.start();
    stage.pair?.onStarted(node);
  }
  stage.director.start(plan.faults);
  new Sampler(world).start();
  for (const stream of streams) stream.start();
  const isStopped = (): boolean => signal?.aborted === true;
  await loop.run(plan.durationMs, isStopped);
  signal?.throwIfAborted();
  const isIdle = (): boolean => world.live.length === 0 || isStopped();
  if (!isIdle()) await loop.run(plan.durationMs + GRACE_MS, isIdle);
  world.recorder.balance.onFlip();
  for (const node of cluster.nodes)
    if (node.state !== 'gone' && node.state !== 'cut') node.stop('gone');
  const names = stage.members.map(({ name }) => name);
  return new SimulationRun(
    createReport(plan, world.recorder, names, world.live.length),
    plan.expect,
  );
}

interface Stage {
  readonly world: World;
  readonly members: readonly ModelMember[];
  readonly streams: readonly ArrivalStream[];
  readonly director: FaultDirector;
  readonly pair: SimPair | undefined;
}

function setUp(plan: ScenarioPlan, host: Pick<NodeParts, 'extensions' | 'strategies'>): Stage {
  const { seed, config } = plan;
  const random = (part: string) => seededRandom(deriveSeed(seed, part));
  const nodeNames = plan.pair?.nodes.map(({ name }) => name) ?? [config.name];
  const loop = new SimLoop();
  const network = new ModelNetwork(plan.links, nodeNames.length, random);
  const byAddress = createMembers(plan);
  const recorder = new Recorder(
    plan.durationMs,
    bucketOf(plan.durationMs),
    byAddress.size,
    plan.lateMs,
  );
  const world = new World(loop, network, recorder, random('service'));
  const isAlone = nodeNames.length === 1;
  const surroundings = {
    loop,
    network,
    onEvent: (
      name: string,
      node: SimNode,
      payload: {
        readonly reason: string;
        readonly pool?: string;
        readonly member?: string;
        readonly state?: string;
      },
    ): void => {
      const { pool, member, state, reason } = payload;
      recorder.onEvent({
        atMs: loop.queue.nowMs,
        name,
        ...(isAlone ? {} : { node: node.name }),
        ...(pool === undefined ? {} : { pool }),
        ...(member === undefined ? {} : { member }),
        ...(state === undefined ? {} : { state }),
        reason,
      });
    },
  };
  world.cluster = new Cluster(
    nodeNames.map(
      (name, index) =>
        new SimNode({ name, index, seed, config, members: byAddress, ...host }, surroundings),
    ),
  );
  let clients = 0;
  const streams = plan.arrivals.map((arrival, index) => {
    const stream = createStream(arrival, world, random(`arrivals ${index}`), clients);
    clients += arrival.clients;
    return stream;
  });
  const pair = plan.pair && new SimPair(plan.pair, world);
  const director = new FaultDirector({
    world,
    streams,
    modelOf: (place) => byAddress.get(place.config.address)!,
    watcher: pair,
  });
  return { world, members: [...byAddress.values()], streams, director, pair };
}

/** One for each address, in the order of the spec. */
function createMembers({ config, models }: ScenarioPlan): ReadonlyMap<string, ModelMember> {
  const members = new Map<string, ModelMember>();
  for (const pool of config.pools)
    for (const { name, address } of pool.members)
      if (!members.has(address))
        members.set(address, new ModelMember(members.size, name, models.get(address)!));
  return members;
}

/** A round length, so that there are some 240 pieces. */
function bucketOf(durationMs: number): number {
  const wished = durationMs / PIECES;
  const power = 10 ** Math.floor(Math.log10(Math.max(1, wished)));
  const step = [1, 2, 5, 10].find((factor) => factor * power >= wished) ?? 10;
  return Math.max(10, step * power);
}

/** Looks at the queues at the end of each piece of the timeline. */
class Sampler implements SimTask {
  place = -1;
  readonly #world: World;
  #piece = 0;

  constructor(world: World) {
    this.#world = world;
  }

  start(): void {
    this.#next();
  }

  onDue(): void {
    const { recorder, cluster, queue } = this.#world;
    let queued = 0;
    for (const node of cluster.nodes)
      for (const pool of node.pools.values()) {
        const waiting = pool.pool.status().queued;
        recorder.invariants.onQueue(pool, waiting, queue.nowMs);
        queued += waiting;
      }
    recorder.queued[this.#piece++] = queued;
    this.#next();
  }

  #next(): void {
    const { recorder, queue } = this.#world;
    if (this.#piece >= recorder.buckets) return;
    queue.schedule(this, (this.#piece + 1) * recorder.bucketMs - 0.001);
  }
}
