// One balancer of a simulation: real pools, checks, limits and routes on a clock of its own.
import { BalancerReplicas } from '../../balancer/replicas/balancer-replicas.js';
import { Emitter } from '../../core/emitter.js';
import type { Environment } from '../../core/environment.js';
import { type Random, seededRandom } from '../../core/random.js';
import { HealthChecker } from '../../health/health-checker.js';
import { type BalancerEvents, EVENT_NAMES } from '../../model/events.js';
import { Pool } from '../../pool/pool.js';
import type { BalancerConfig, MonitorConfig } from '../../spec/config.js';
import type { Strategy } from '../../strategy/strategy.js';
import { deriveSeed } from './chance.js';
import type { ModelMember } from './model-member.js';
import type { ModelNetwork } from './model-network.js';
import { ModelProbe } from './model-probe.js';
import { SimClock } from './sim-clock.js';
import { SimFrontend } from './sim-frontend.js';
import type { SimLoop } from './sim-loop.js';
import { SimPool } from './sim-pool.js';

/** - `gone`: killed, its kernel refuses; - `cut`: nothing answers; - `paused`: stopped, its kernel accepts */
export type NodeState = 'running' | 'gone' | 'cut' | 'paused';

/** What a node stands in. */
export interface NodeSurroundings {
  readonly loop: SimLoop;
  readonly network: ModelNetwork;
  /** One of its events. */
  onEvent(name: keyof BalancerEvents, node: SimNode, payload: { readonly reason: string }): void;
}

/** What nodes are made from. */
export interface NodeParts {
  readonly name: string;
  readonly index: number;
  readonly seed: number;
  readonly config: BalancerConfig;
  readonly members: ReadonlyMap<string, ModelMember>;
  readonly extensions: Readonly<Record<string, unknown>>;
  /** In the place of those that the spec names, by pool. */
  readonly strategies: Readonly<Record<string, () => Strategy>>;
}

/** @internal A node; killed and started again it remembers nothing. */
export class SimNode {
  readonly name: string;
  readonly index: number;
  readonly clock: SimClock;
  environment!: Environment;
  /** What a pair copies of it; of this life. */
  replicas!: BalancerReplicas;
  state: NodeState = 'running';
  readonly #parts: NodeParts;
  readonly #world: NodeSurroundings;
  #random!: Random;
  #pools: ReadonlyMap<string, SimPool> = new Map();
  #frontends: ReadonlyMap<string, SimFrontend> = new Map();
  #checkers: readonly HealthChecker[] = [];
  #lives = 0;

  constructor(parts: NodeParts, world: NodeSurroundings) {
    this.name = parts.name;
    this.index = parts.index;
    this.#parts = parts;
    this.#world = world;
    this.clock = new SimClock(world.loop.queue);
  }

  /** Whether packets of clients get to it. */
  get isReachable(): boolean {
    return this.state !== 'cut' && this.#world.network.reachesClients(this.index);
  }

  get pools(): ReadonlyMap<string, SimPool> {
    return this.#pools;
  }

  frontend(name: string): SimFrontend {
    return this.#frontends.get(name)!;
  }

  /** Begins a life: pools that know nothing, checks that have seen nothing. */
  start(): void {
    const { config, seed, name, extensions, strategies } = this.#parts;
    this.state = 'running';
    this.#random = seededRandom(deriveSeed(seed, `node ${name} ${this.#lives++}`));
    this.environment = { clock: this.clock, random: this.#random };
    const events = this.#listen();
    const monitors = new Map(
      config.monitors.map((monitor) => [monitor.name, this.#createChecker(monitor)]),
    );
    const inline: HealthChecker[] = [];
    const pools = new Map<string, SimPool>();
    const httpPools = poolsOfHttp(config);
    for (const poolConfig of config.pools) {
      const { health } = poolConfig;
      let checker: HealthChecker | undefined;
      if (typeof health === 'string') checker = monitors.get(health);
      else if (health !== undefined) {
        checker = this.#createChecker(health);
        inline.push(checker);
      }
      const { health: _, ...rest } = poolConfig;
      const strategy = strategies[poolConfig.name]?.() ?? rest.strategy;
      const options = { ...rest, strategy, ...(checker === undefined ? {} : { health: checker }) };
      const pool = new Pool(options, {
        environment: this.environment,
        events,
        extensions,
      });
      const kind = httpPools.has(poolConfig.name) ? 'http' : 'stream';
      pools.set(poolConfig.name, new SimPool(pool, kind, this.#parts.members));
    }
    this.#checkers = [...monitors.values(), ...inline];
    this.#pools = pools;
    const { environment } = this;
    this.#frontends = new Map(
      config.frontends.map((frontend) => [
        frontend.name,
        new SimFrontend(frontend, pools, { environment, events, extensions, node: this.name }),
      ]),
    );
    const byName = new Map([...pools].map(([name, { pool }]) => [name, pool]));
    const cast = { pools: byName, frontends: this.#frontends };
    this.replicas = new BalancerReplicas(() => cast, events);
    for (const { pool } of pools.values()) void pool.start();
    this.#world.loop.isUnsettled = true;
  }

  /** Ends this life. */
  stop(state: 'gone' | 'cut'): void {
    this.state = state;
    for (const frontend of this.#frontends.values()) frontend.close();
    for (const { pool } of this.#pools.values()) void pool.close();
    for (const checker of this.#checkers) void checker.close();
    this.clock.kill();
    this.#world.loop.isUnsettled = true;
  }

  pause(): void {
    this.state = 'paused';
    this.clock.pause();
  }

  resume(): void {
    this.state = 'running';
    this.clock.resume();
    this.#world.loop.isUnsettled = true;
  }

  #createChecker(config: MonitorConfig): HealthChecker {
    const { loop, network } = this.#world;
    const { members } = this.#parts;
    const probe = new ModelProbe(config, {
      node: this.index,
      clock: this.clock,
      loop,
      link: network.links.members,
      random: this.#random,
      find: ({ name, host, port }) => findMember(members, name, host, port),
    });
    return new HealthChecker(config, { environment: this.environment, probe });
  }

  #listen(): Emitter<BalancerEvents> {
    const events = new Emitter<BalancerEvents>();
    for (const name of EVENT_NAMES)
      events.on(name, (payload) => this.#world.onEvent(name, this, payload));
    return events;
  }
}

/** A monitor may have a port of its own: then the host decides, and the name among several. */
function findMember(
  members: ReadonlyMap<string, ModelMember>,
  name: string,
  host: string,
  port: number,
): ModelMember | undefined {
  const text = host.includes(':') ? `[${host}]` : host;
  const exact = members.get(`${text}:${port}`);
  if (exact !== undefined) return exact;
  let found: ModelMember | undefined;
  for (const [address, member] of members) {
    if (!address.startsWith(`${text}:`)) continue;
    if (member.name === name) return member;
    found ??= member;
  }
  return found;
}

/** Pools that requests of http come to: only their connections are kept. */
function poolsOfHttp(config: BalancerConfig): ReadonlySet<string> {
  const names = new Set<string>();
  for (const { protocol, pool, routes } of config.frontends) {
    if (protocol !== 'http' && protocol !== 'https') continue;
    if (pool !== undefined) names.add(pool);
    for (const route of routes) {
      if (route.pool !== undefined) names.add(route.pool);
      for (const share of route.split ?? []) names.add(share.pool);
    }
  }
  return names;
}
