// The UDP half of a frontend: who may have a session, and with which pool.
import { AccessList } from '../../auth/access-list.js';
import type { Clock } from '../../core/clock.js';
import { EvenkeelError } from '../../core/errors.js';
import type { TimerWheel } from '../../core/timer-wheel.js';
import type { Pool } from '../../pool/pool.js';
import type { FrontendConfig } from '../../spec/config.js';
import { bindError, parseBindAddress } from '../bind-address.js';
import { boundedByDescriptors } from '../descriptor-limit.js';
import type { FrontendContext, PoolLookup } from '../handler.js';
import { ConnectionLimits } from '../limits/connection-limits.js';
import type { Binding, Service } from '../service.js';
import { SourceRoutes } from '../source-routes.js';
import { UdpBinding, type UdpBindingOwner } from './udp-binding.js';
import type { SessionHost } from './udp-session.js';

/** While the frontend drains, a session is over after this much silence, ms. */
export const DRAIN_SILENCE_MS = 2000;

/** Everything that a reload may change. */
interface Settings {
  readonly routes: SourceRoutes;
  readonly access: AccessList;
  /** Undefined = sessions may come as fast as they like. */
  readonly limits: ConnectionLimits | undefined;
  readonly maxSessions: number;
  readonly maxPerSource: number;
  readonly idleMs: number;
}

/** Keeps a session per client and local address; past the limit new clients are dropped and counted. */
export class DatagramService implements Service, UdpBindingOwner, SessionHost {
  readonly transport = 'udp';
  readonly tls = undefined;
  readonly wheel: TimerWheel;
  readonly clock: Clock;
  readonly #context: FrontendContext;
  readonly #bindings: Set<UdpBinding> = new Set();
  readonly #bySource: Map<string, number> = new Map();
  #settings: Settings;
  #active = 0;
  #ended = 0;
  #isDraining = false;
  /** Clients dropped in the present overload. */
  #overflow = 0;
  #idleWaiters: (() => void)[] = [];

  constructor(config: FrontendConfig, pools: PoolLookup, context: FrontendContext) {
    this.wheel = context.wheel;
    this.clock = context.environment.clock;
    this.#context = context;
    this.#settings = readSettings(config, pools, context);
  }

  get host(): SessionHost {
    return this;
  }

  get active(): number {
    return this.#active;
  }

  /** Datagrams are never held. */
  get held(): number {
    return 0;
  }

  get maxConnections(): number {
    return this.#settings.maxSessions;
  }

  get ended(): number {
    return this.#ended;
  }

  get idleMs(): number {
    const { idleMs } = this.#settings;
    return this.#isDraining ? Math.min(idleMs, DRAIN_SILENCE_MS) : idleMs;
  }

  async open(text: string): Promise<Binding> {
    const { name } = this.#context;
    const bind = parseBindAddress(name, text);
    const binding = await UdpBinding.open(bind, this).catch((error: unknown) => {
      throw bindError(name, text, error);
    });
    this.#bindings.add(binding);
    return binding;
  }

  /** Its sessions would come along, and they have another frontend's settings. */
  canAdopt(): boolean {
    return false;
  }

  adopt(): void {}

  prepare(config: FrontendConfig, pools: PoolLookup): () => void {
    const settings = readSettings(config, pools, this.#context);
    return () => {
      this.#settings = settings;
    };
  }

  nowMs(): number {
    return this.clock.now();
  }

  poolFor(source: string): Pool | undefined {
    const answer = this.#settings.routes.find(source, null);
    return answer === 'needs-server-name' ? undefined : answer;
  }

  admit(source: string): boolean {
    const { access, limits, maxSessions, maxPerSource } = this.#settings;
    const { counters } = this.#context;
    const count = this.#bySource.get(source) ?? 0;
    const isFull = this.#active >= maxSessions;
    if (this.#isDraining || isFull || count >= maxPerSource || !access.allows(source)) {
      counters.rejected++;
      if (isFull && this.#overflow++ === 0) this.#announce('the session table is full', 1);
      return false;
    }
    // In memory and without delay, as a udp spec must say it: the answer is there at once.
    if (limits !== undefined && limits.judge(source, ignore) !== 'enter') {
      counters.rejected++;
      return false;
    }
    this.#bySource.set(source, count + 1);
    this.#active++;
    counters.connections++;
    return true;
  }

  onRefused(): void {
    this.#context.counters.rejected++;
  }

  onEnd(source: string): void {
    const count = this.#bySource.get(source) ?? 0;
    if (count <= 1) this.#bySource.delete(source);
    else this.#bySource.set(source, count - 1);
    this.#active--;
    this.#ended++;
    // Well below the limit again: not each time that one ends and the next is dropped.
    if (this.#overflow > 0 && this.#active < 0.9 * this.#settings.maxSessions) {
      this.#announce('there is room for sessions again', this.#overflow);
      this.#overflow = 0;
    }
    if (this.#active > 0) return;
    for (const resolve of this.#idleWaiters.splice(0)) resolve();
  }

  onDropped(): void {
    this.#context.counters.failed++;
  }

  onBytesIn(bytes: number): void {
    this.#context.counters.bytesIn += bytes;
  }

  onBytesOut(bytes: number): void {
    this.#context.counters.bytesOut += bytes;
  }

  onBindFault(address: string, error: unknown): void {
    const { events, name } = this.#context;
    const reason = bindError(name, address, error).message;
    events.emit('frontend:fault', { frontend: name, at: this.clock.wallTime(), reason });
  }

  onBindingGone(binding: UdpBinding): void {
    this.#bindings.delete(binding);
  }

  drain(): void {
    this.#isDraining = true;
    for (const binding of this.#bindings) binding.hurry();
  }

  whenIdle(): Promise<void> {
    if (this.#active === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#idleWaiters.push(resolve);
    });
  }

  cut(): number {
    let count = 0;
    for (const binding of this.#bindings) count += binding.cut();
    return count;
  }

  #announce(reason: string, rejected: number): void {
    const { events, name } = this.#context;
    const at = this.clock.wallTime();
    events.emit('frontend:overload', { frontend: name, at, reason, rejected });
  }
}

/** Nobody waits. */
function ignore(): void {}

function readSettings(
  config: FrontendConfig,
  pools: PoolLookup,
  context: FrontendContext,
): Settings {
  for (const { pool } of [config, ...config.routes]) refuseProxyHeader(config, pool, pools);
  return {
    routes: new SourceRoutes(config, pools),
    access: new AccessList(config.access),
    limits: ConnectionLimits.of(config, context),
    maxSessions: boundedByDescriptors(config.maxConnections, 1),
    maxPerSource: config.maxConnectionsPerSource ?? Number.POSITIVE_INFINITY,
    idleMs: config.timeouts.udpSession,
  };
}

/** A spec is checked for this before; a `Pool` instance is not. */
function refuseProxyHeader(
  config: FrontendConfig,
  pool: string | undefined,
  pools: PoolLookup,
): void {
  if (pool === undefined || (pools(pool)?.config.sendProxyProtocol ?? 'none') === 'none') return;
  throw new EvenkeelError(
    'EK_NOT_SUPPORTED',
    `frontend "${config.name}": pool "${pool}" sends a PROXY header, which udp has none of`,
    { side: 'client' },
  );
}
