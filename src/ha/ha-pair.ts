// One node of an active-passive pair: who is active, and what the active one holds.
import { randomBytes } from 'node:crypto';
import { sleep } from '../core/clock.js';
import { Emitter } from '../core/emitter.js';
import { createEnvironment, type Environment } from '../core/environment.js';
import { EvenkeelError } from '../core/errors.js';
import type { BalancerEvents } from '../model/events.js';
import type { HaStatus } from '../model/status.js';
import type { HaConfig } from '../spec/config.js';
import type { HaSpec } from '../spec/ha.js';
import { MIN_SECRET } from '../spec/ha-rules.js';
import { parseHa } from '../spec/parse.js';
import { readSecret } from '../spec/secret.js';
import { HaChannel } from './channel.js';
import type { AddressDriver } from './driver.js';
import { createDriver } from './drivers/create-driver.js';
import { gatewayLack, pingGateway } from './drivers/gateway.js';
import type { HaListeners } from './drivers/listen.js';
import type { HaEventName, HaSettings, HaState } from './machine-types.js';
import { HaNode } from './node.js';
import { nodeName } from './packet.js';
import type { ReplicaKind, ReplicaSources } from './replication/source.js';
import { StreamClient } from './transport/stream-client.js';
import { StreamServer } from './transport/stream-server.js';
import { UdpLink } from './transport/udp-link.js';

/** How long the others may take what they are still to know before the active one resigns, ms. */
const FLUSH_MS = 250;

/** What a pair shares with the rest of a program; each part has a default of its own. */
export interface HaPairDependencies {
  /** Time and chance. @defaultValue the machine's */
  readonly environment?: Partial<Environment>;
  /** Where events go. @defaultValue an emitter of the pair's own */
  readonly events?: Emitter<BalancerEvents>;
  /** Hooks by the names that `address: { hook: NAME }` uses. @defaultValue none */
  readonly extensions?: Readonly<Record<string, unknown>>;
  /** The shared secret, at least 16 characters. @defaultValue the environment variable `secretEnv` */
  readonly secret?: string | (() => string);
  /** Holds the address in the place of what `address` says. @defaultValue what `address` says */
  readonly driver?: AddressDriver;
  /** What `address: { listen: 'local' }` opens and closes; a balancer brings its frontends. @defaultValue nothing */
  readonly listeners?: HaListeners;
  /** What is copied to the others while this one is active, of the kinds that `replicate` names; a balancer brings its own. @defaultValue nothing */
  readonly sources?: ReplicaSources;
  /** Asks the gateway. @defaultValue a ping */
  readonly askGateway?: (address: string) => Promise<boolean>;
}

/**
 * One node of a pair (or of more): of all that hear each other, the best one is active and holds the address.
 * States, timers and priorities are VRRP's (RFC 9568); adverts are signed UDP datagrams to each peer.
 *
 * ```
 *   new HaPair --start--> backup <--> active --close--> resigned: the others take over, in milliseconds
 *                                          '--detach--> gone without a word: the address stays where it is
 * ```
 * @example
 * ```ts
 * const pair = new HaPair({
 *   id: 51, priority: 200, bind: '10.0.0.5:7946', peers: ['10.0.0.6:7946'],
 *   address: { ip: '192.0.2.10/24', interface: 'eth0' },
 * });
 * pair.on('ha:active', ({ reason }) => console.log(`active: ${reason}`));
 * await pair.start();
 * ```
 */
export class HaPair {
  readonly events: Emitter<BalancerEvents>;
  readonly #environment: Environment;
  readonly #secret: string;
  readonly #driver: AddressDriver;
  readonly #dependencies: HaPairDependencies;
  #config: HaConfig;
  #sources: ReplicaSources;
  /** What is taken off the priority: by the host, and by a balancer for what it tracks. */
  #loweredBy = 0;
  #trackedBy = 0;
  #running: Running | undefined;
  #started: Promise<void> | undefined;
  #ended: Promise<void> | undefined;
  #changedAtMs = 0;

  /**
   * Checks everything, opens nothing.
   * @throws SpecError with every fault; EvenkeelError `EK_SPEC_INVALID` when the host's secret is too short, `EK_HA` when the hook is none
   */
  constructor(spec: HaSpec, dependencies: HaPairDependencies = {}) {
    const { secret, extensions = {} } = dependencies;
    const given = typeof secret === 'string' ? () => secret : secret;
    this.#config = parseHa(
      spec,
      given === undefined ? { extensions } : { extensions, haSecret: given },
    );
    this.#secret = given === undefined ? (readSecret(this.#config.secretEnv) ?? '') : ask(given);
    this.#dependencies = dependencies;
    this.#environment = createEnvironment(dependencies.environment);
    this.events = dependencies.events ?? new Emitter();
    this.#sources = named(dependencies.sources ?? {}, this.#config);
    this.#driver =
      dependencies.driver ??
      createDriver(this.#config.address, {
        clock: this.#environment.clock,
        advertIntervalMs: this.#config.advertInterval,
        extensions,
        listeners: dependencies.listeners,
      });
  }

  get config(): HaConfig {
    return this.#config;
  }

  /** Whether this node is the active one. */
  get isActive(): boolean {
    return this.#running?.node.state.role === 'active';
  }

  /** Calls `listener` on every `name`; returns a function that stops it. */
  on<Name extends keyof BalancerEvents & `ha:${string}`>(
    name: Name,
    listener: (payload: BalancerEvents[Name]) => void,
  ): () => void {
    return this.events.on(name, listener);
  }

  /**
   * Removes what a killed process left of the address, opens the sockets, and begins as a backup. Asked again it answers the same.
   * @throws EvenkeelError `EK_HA` when the address could not be held, `EK_BIND`, `EK_CLOSED`
   */
  start(): Promise<void> {
    this.#started ??= this.#start();
    return this.#started;
  }

  /**
   * Takes `by` off the priority until called again, besides what a balancer takes off for what it tracks; at least 1 is left.
   * An active one that sinks below a living backup hands over.
   */
  lower(by: number, reason: string): void {
    const isMore = by > this.#loweredBy;
    this.#loweredBy = by;
    this.#onPriority(isMore, reason);
  }

  /** @internal The same for what a balancer tracks. */
  lowerTracked(by: number, reason: string): void {
    const isMore = by > this.#trackedBy;
    this.#trackedBy = by;
    this.#onPriority(isMore, reason);
  }

  /** What is copied from now on, as far as `replicate` in the spec names its kind; those that are connected get all of it anew. */
  replicate(sources: ReplicaSources): void {
    this.#sources = named(sources, this.#config);
    this.#running?.server.restart();
  }

  /** @internal @throws EvenkeelError `EK_STATE` when `update` would */
  checkUpdate(config: HaConfig): void {
    if (fixedPart(config) === fixedPart(this.#config)) return;
    throw new EvenkeelError(
      'EK_STATE',
      'ha: only priority, preempt, preemptDelay and track can change while it runs',
      { side: 'client' },
    );
  }

  /**
   * Takes other settings while it runs: `priority`, `preempt`, `preemptDelay`, `track`.
   * @throws EvenkeelError `EK_STATE` when anything else differs
   */
  update(config: HaConfig): void {
    this.checkUpdate(config);
    this.#config = config;
    const running = this.#running;
    if (running === undefined) return;
    running.node.update(this.#settings(running.settings.node));
    running.node.feed({ type: 'priority', priority: this.#priority, reason: 'changed settings' });
  }

  /** Hands over and ends: resolves when the address is given up and every socket closed. Asked again it answers the same. */
  close(): Promise<void> {
    this.#ended ??= this.#end('resign');
    return this.#ended;
  }

  /** Ends without a word to the others, and leaves the address where it is: the next `start` on this host finds it. */
  detach(): Promise<void> {
    this.#ended ??= this.#end('detach');
    return this.#ended;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Everything at this moment. O(peers). */
  status(): HaStatus {
    const running = this.#running;
    const state = running?.node.state;
    const nowMs = this.#environment.clock.now();
    return {
      role: state?.role ?? 'initialize',
      since: this.#changedAtMs,
      priority: state?.priority ?? this.#priority,
      address: this.#driver.description,
      isHeld: running?.node.isHeld ?? false,
      active: state?.following,
      peers: this.#config.peers.map((peer) => {
        const view = state?.peers[peer];
        return {
          peer,
          state: view === undefined ? 'unknown' : view.isLost ? 'lost' : 'alive',
          isActive: view?.isActive ?? false,
          priority: view?.priority,
          silentMs: view === undefined ? undefined : Math.round(nowMs - view.heardAtMs),
        };
      }),
      refused: { ...running?.channel.refused },
      replication: {
        connectedTo: running?.client.connectedTo,
        isSynced: running?.client.isSynced ?? false,
        received: running?.client.received ?? 0,
        followers: running?.server.followers ?? [],
        refused: (running?.server.refused ?? 0) + (running?.client.refused ?? 0),
      },
    };
  }

  async #start(): Promise<void> {
    if (this.#ended !== undefined) throw new EvenkeelError('EK_CLOSED', 'ha: it is closed');
    this.#checkGateway();
    await this.#driver.prepare();
    const { clock } = this.#environment;
    const { id, bind, peers } = this.#config;
    const channel = new HaChannel({
      id,
      secret: this.#secret,
      peers,
      draw: () => randomBytes(8).toString('hex'),
    });
    const link = new UdpLink(bind, peers, {
      onDatagram: (peer, bytes) => this.#running?.node.receive(peer, bytes),
    });
    const own = await link.open();
    const secrets = { secret: this.#secret, id, draw: randomBytes };
    const sources = (): ReplicaSources => this.#sources;
    const server = new StreamServer(secrets, sources, clock);
    try {
      await server.open(own.host, own.port);
    } catch (error) {
      link.close();
      throw error;
    }
    const client = new StreamClient({
      secrets,
      sources,
      clock,
      random: this.#environment.random,
      localAddress: own.host,
      onLost: (peer) => this.#running?.node.feed({ type: 'link-lost', peer }),
    });
    const settings = this.#settings(nodeName(own.host, own.port, channel.instance));
    const node = new HaNode({
      settings,
      environment: this.#environment,
      channel,
      driver: this.#driver,
      askGateway: () => this.#askGateway(),
      send: (peer, bytes) => link.send(peer, bytes),
      onEvent: (name, peer, reason) => this.#tell(name, peer, reason),
      onStep: (state) => this.#onStep(state),
    });
    this.#running = { channel, link, server, client, node, settings };
    node.feed({ type: 'priority', priority: this.#priority, reason: 'start' });
    node.feed({ type: 'start' });
  }

  async #end(how: 'resign' | 'detach'): Promise<void> {
    await this.#started?.catch(() => {});
    const running = this.#running;
    if (running === undefined) return;
    const { node, link, server, client } = running;
    if (how === 'resign') await this.#flushed(server);
    node.feed({ type: how });
    await node.settled();
    if (how === 'detach') await this.#driver.detach();
    client.close();
    server.close();
    link.close();
  }

  /** The others have what changed so far; not waited for long. */
  async #flushed(server: StreamServer): Promise<void> {
    const isOver = new AbortController();
    const patience = sleep(this.#environment.clock, FLUSH_MS, isOver.signal);
    await Promise.race([server.flush(), patience]);
    isOver.abort();
  }

  #onStep({ role, following }: HaState): void {
    const running = this.#running;
    if (running === undefined) return;
    running.server.setActive(role === 'active');
    running.client.follow(role === 'backup' ? following : undefined);
  }

  #tell(
    name: HaEventName | 'ha:acquired' | 'ha:fault',
    peer: string | undefined,
    reason: string,
  ): void {
    const at = this.#environment.clock.wallTime();
    const isFlip = name === 'ha:active' || name === 'ha:backup';
    if (isFlip) this.#changedAtMs = at;
    const base = { at, reason };
    if (name === 'ha:conflict' || name === 'ha:peer-lost' || name === 'ha:peer-found')
      this.events.emit(name, { ...base, peer: peer ?? '' });
    else this.events.emit(name, base);
  }

  /** Without a way to ask it would stay a backup for ever. @throws EvenkeelError `EK_HA` */
  #checkGateway(): void {
    if (this.#config.gateway === undefined || this.#dependencies.askGateway !== undefined) return;
    const lack = gatewayLack();
    if (lack !== undefined)
      throw new EvenkeelError('EK_HA', `ha: this node can't ask its gateway: ${lack}`);
  }

  #askGateway(): Promise<boolean> {
    const { gateway = '' } = this.#config;
    return (this.#dependencies.askGateway ?? pingGateway)(gateway);
  }

  get #priority(): number {
    return Math.max(1, this.#config.priority - this.#loweredBy - this.#trackedBy);
  }

  #onPriority(isMoreLowered: boolean, reason: string): void {
    // What is noted goes first: it may hand over.
    if (isMoreLowered) void this.#running?.server.flush();
    this.#running?.node.feed({ type: 'priority', priority: this.#priority, reason });
  }

  #settings(node: string): HaSettings {
    const { priority, preempt, preemptDelay, advertInterval, gateway, peers } = this.#config;
    return {
      node,
      priority,
      preempt,
      preemptDelayMs: preemptDelay,
      advertIntervalMs: advertInterval,
      checksGateway: gateway !== undefined,
      peers,
    };
  }
}

interface Running {
  readonly channel: HaChannel;
  readonly link: UdpLink;
  readonly server: StreamServer;
  readonly client: StreamClient;
  readonly node: HaNode;
  readonly settings: HaSettings;
}

function named(sources: ReplicaSources, { replicate }: HaConfig): ReplicaSources {
  return Object.fromEntries(
    Object.entries(sources).filter(([kind]) => replicate.includes(kind as ReplicaKind)),
  );
}

/** What can't change while it runs, as text. */
function fixedPart(config: HaConfig): string {
  const { id, peers, bind, secretEnv, address, gateway, advertInterval, replicate } = config;
  const parts = [id, peers, bind, secretEnv, address, gateway, advertInterval, replicate];
  return JSON.stringify(parts);
}

/** An empty secret would let anybody take the address: what the host gives is held to the length that a variable is. */
function ask(secret: () => unknown): string {
  const given = secret();
  if (typeof given === 'string' && given.length >= MIN_SECRET) return given;
  throw new EvenkeelError(
    'EK_SPEC_INVALID',
    `ha: the secret that the host gives must be a text of at least ${MIN_SECRET} characters`,
    { side: 'client' },
  );
}
