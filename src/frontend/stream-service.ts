// The TCP half of a frontend: the door that tcp and http share, in front of the present handler.
import { AccessList } from '../auth/access-list.js';
import { CidrSet } from '../core/cidr.js';
import { LinkedList } from '../core/linked-list.js';
import { makeBoth } from '../core/make-both.js';
import type { TimerWheel } from '../core/timer-wheel.js';
import type { FrontendConfig } from '../spec/config.js';
import type { ServerTerms } from '../tls/server-terms.js';
import type { ServerTls } from '../tls/server-tls.js';
import type { Accepted, AcceptOwner } from '../upstream/accept.js';
import { Admission, type AdmissionLimits, type AdmissionOwner, MAX_HELD } from './admission.js';
import { Arrival, type ArrivalOwner } from './arrival.js';
import { bindError, parseBindAddress } from './bind-address.js';
import { checkPoolTls } from './check-pool-tls.js';
import { createHandler } from './create-handler.js';
import { boundedByDescriptors } from './descriptor-limit.js';
import type {
  ConnectionHandler,
  FrontendContext,
  HandlerSwitch,
  PoolLookup,
  ServedConnection,
} from './handler.js';
import { ConnectionLimits, type Entry } from './limits/connection-limits.js';
import { Listener } from './listener.js';
import { createTls, prepareTls } from './prepare-tls.js';
import { resetSocket } from './reset-socket.js';
import type { Binding, Service } from './service.js';

/** How long a connection waits for a place where no default pool says otherwise, ms. */
const DEFAULT_HOLD_MS = 5000;

/** Everything about the door that a reload may change. */
interface Door {
  readonly config: FrontendConfig;
  readonly handlers: HandlerSwitch;
  /** Undefined = everyone may connect. */
  readonly access: AccessList | undefined;
  /** Undefined = they may come as fast as they like. */
  readonly limits: ConnectionLimits | undefined;
  readonly trust: CidrSet | undefined;
  /** Undefined = in the clear. */
  readonly tls: ServerTls | undefined;
}

/** Accepts connections, checks them at the door, and hands them to the handler. */
export class StreamService implements Service, AcceptOwner, ArrivalOwner, AdmissionOwner {
  readonly transport = 'tcp';
  readonly wheel: TimerWheel;
  readonly #context: FrontendContext;
  readonly #admission: Admission;
  readonly #arrivals: LinkedList<Arrival> = new LinkedList();
  /** How many of them a rate limit makes wait, unread. */
  #delayed = 0;
  #door: Door;
  #isDraining = false;
  #ended = 0;
  #idleWaiters: (() => void)[] = [];

  constructor(config: FrontendConfig, pools: PoolLookup, context: FrontendContext) {
    this.wheel = context.wheel;
    this.#context = context;
    this.#admission = new Admission(limitsOf(config, pools), context.wheel, this);
    checkPoolTls(config, pools);
    const handlers = emptySwitch();
    const [handler, tls] = makeBoth(
      () => createHandler(config, pools, context, handlers),
      () => config.tls && createTls(config.tls, context),
    );
    handlers.current = handler;
    this.#door = openDoor({ config, handlers, context, tls });
  }

  get active(): number {
    return this.#arrivals.size - this.held;
  }

  get held(): number {
    return this.#admission.held + this.#delayed;
  }

  get maxConnections(): number {
    return this.#admission.limits.maxConnections;
  }

  get ended(): number {
    return this.#ended;
  }

  get mustSendProxyHeader(): boolean {
    return this.#door.trust !== undefined;
  }

  get tls(): ServerTls | undefined {
    return this.#door.tls;
  }

  get terms(): ServerTerms | undefined {
    return this.#door.tls?.terms;
  }

  get handshakeMs(): number {
    return this.#door.config.timeouts.tlsHandshake;
  }

  async open(text: string): Promise<Binding> {
    const { name } = this.#context;
    const bind = parseBindAddress(name, text);
    return Listener.open(bind, this).catch((error: unknown) => {
      throw bindError(name, text, error);
    });
  }

  canAdopt(binding: Binding): boolean {
    return binding instanceof Listener;
  }

  adopt(binding: Binding): void {
    if (binding instanceof Listener) binding.owner = this;
  }

  prepare(config: FrontendConfig, pools: PoolLookup): () => void {
    const { config: before, handlers: present } = this.#door;
    // Kept connections look at the same switch: one assignment moves their next request too.
    const handlers = before.protocol === config.protocol ? present : emptySwitch();
    const [handler, tls] = makeBoth(
      () => createHandler(config, pools, this.#context, handlers),
      () => prepareTls(this.#door.tls, config.tls, this.#context),
    );
    const context = this.#context;
    const door = openDoor({ config, handlers, context, tls: tls.next });
    const limits = limitsOf(config, pools);
    return () => {
      handlers.current = handler;
      this.#door = door;
      tls.commit();
      this.#admission.limits = limits;
      this.#admission.admitHeld();
    };
  }

  onAccept(accepted: Accepted): void {
    this.#context.counters.connections++;
    if (accepted.remoteAddress === undefined) {
      // Reset by the client while it waited in the kernel's queue.
      accepted.reset();
      return;
    }
    const arrival = new Arrival(accepted, this);
    const { trust } = this.#door;
    // Behind a PROXY header, it is the client it names that may enter or not.
    const entry = trust === undefined ? this.mayEnter(arrival) : knows(trust, arrival);
    if (entry instanceof Promise) this.#delay(arrival, entry);
    else if (entry === 'enter') {
      this.#arrivals.add(arrival);
      this.#admit(arrival);
    } else arrival.reject(entry);
  }

  #delay(arrival: Arrival, entry: Promise<Entry>): void {
    if (this.#delayed >= MAX_HELD) {
      arrival.reject();
      return;
    }
    this.#arrivals.add(arrival);
    arrival.isDelayed = true;
    this.#delayed++;
    void entry.then((answer) => {
      if (!this.#endDelay(arrival)) return;
      arrival.wasHeld = true;
      if (answer === 'enter') this.#admit(arrival);
      else {
        arrival.reject(answer);
        this.onGone(arrival);
      }
    });
  }

  /** Whether it still waited. */
  #endDelay(arrival: Arrival): boolean {
    if (!arrival.isDelayed) return false;
    arrival.isDelayed = false;
    this.#delayed--;
    return true;
  }

  #admit(arrival: Arrival): void {
    const answer = this.#admission.enter(arrival);
    if (answer === 'admitted') arrival.onAdmitted();
    else if (answer === 'held') arrival.wasHeld = true;
    else {
      arrival.reject();
      this.onGone(arrival);
    }
  }

  onAcceptFault(error: Error): void {
    this.#announceFault(`accept failed: ${error.message}`);
  }

  onBindFault(address: string, error: unknown): void {
    this.#announceFault(bindError(this.#context.name, address, error).message);
  }

  #announceFault(reason: string): void {
    const { events, environment, name } = this.#context;
    events.emit('frontend:fault', { frontend: name, at: environment.clock.wallTime(), reason });
  }

  onOverload(active: boolean, rejected: number): void {
    const { events, environment, name } = this.#context;
    const reason = active
      ? 'more connections than maxConnections and the places to wait allow'
      : 'connections find a place again';
    const at = environment.clock.wallTime();
    events.emit('frontend:overload', { frontend: name, at, reason, rejected });
  }

  firstBuffer(): Buffer {
    return this.#door.handlers.current.firstBuffer();
  }

  mayEnter(arrival: Arrival): Entry | Promise<Entry> {
    const { access, limits } = this.#door;
    if (access?.allows(arrival.source) === false) return 'reset';
    const entry =
      limits?.judge(arrival.source, (place) => {
        arrival.place = place;
      }) ?? 'enter';
    if (!(entry instanceof Promise)) return entry === 'enter' ? this.#claim(arrival) : entry;
    return entry.then((late) => {
      // Who is gone meanwhile takes up no share.
      return late === 'enter' && this.#arrivals.has(arrival) ? this.#claim(arrival) : late;
    });
  }

  #claim(arrival: Arrival): Entry {
    arrival.isSourceClaimed = this.#admission.claimSource(arrival.source);
    return arrival.isSourceClaimed ? 'enter' : 'reset';
  }

  serve(arrival: Arrival): ServedConnection {
    const served = this.#door.handlers.current.serve(arrival);
    if (this.#isDraining) served.drain();
    return served;
  }

  onRejected(): void {
    this.#context.counters.rejected++;
  }

  onHandshakeFailed(): void {
    this.#context.counters.handshakesFailed++;
  }

  onGone(arrival: Arrival): void {
    if (!this.#arrivals.delete(arrival)) return;
    this.#endDelay(arrival);
    arrival.place?.leave();
    this.#ended++;
    if (arrival.isSourceClaimed) this.#admission.releaseSource(arrival.source);
    if (arrival.hasPlace) {
      arrival.hasPlace = false;
      this.#admission.leave();
    }
    if (this.#arrivals.size > 0) return;
    for (const resolve of this.#idleWaiters.splice(0)) resolve();
  }

  drain(): void {
    this.#isDraining = true;
    for (const arrival of this.#arrivals) arrival.served?.drain();
  }

  whenIdle(): Promise<void> {
    if (this.#arrivals.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#idleWaiters.push(resolve);
    });
  }

  cut(): number {
    const open = [...this.#arrivals];
    for (const arrival of open) {
      if (!arrival.hasPlace) {
        this.#admission.withdraw(arrival);
        arrival.reject();
        this.onGone(arrival);
      }
    }
    for (const arrival of open) if (arrival.hasPlace) resetSocket(arrival.socket);
    return open.length;
  }
}

/** A switch whose handler is put in before anybody looks at it: handlers are built with the switch they hang in. */
function emptySwitch(): HandlerSwitch {
  return { current: undefined as unknown as ConnectionHandler };
}

function knows(trust: CidrSet, { peer }: Arrival): Entry {
  return trust.has(peer) ? 'enter' : 'reset';
}

/** What a door is made from. */
interface DoorPlan {
  readonly config: FrontendConfig;
  readonly handlers: HandlerSwitch;
  readonly context: FrontendContext;
  readonly tls: ServerTls | undefined;
}

function openDoor({ config, handlers, context, tls }: DoorPlan): Door {
  const { access, acceptProxyProtocol, protocol } = config;
  // A refused http client is told so: 403 to each request.
  const isChecked = access !== undefined && protocol === 'tcp';
  return {
    config,
    handlers,
    access: isChecked ? new AccessList(access) : undefined,
    limits: ConnectionLimits.of(config, context),
    trust: acceptProxyProtocol === undefined ? undefined : new CidrSet(acceptProxyProtocol.trust),
    tls,
  };
}

function limitsOf(config: FrontendConfig, pools: PoolLookup): AdmissionLimits {
  const pool = config.pool === undefined ? undefined : pools(config.pool);
  return {
    maxConnections: boundedByDescriptors(config.maxConnections, config.protocol === 'tcp' ? 2 : 1),
    maxPerSource: config.maxConnectionsPerSource ?? Number.POSITIVE_INFINITY,
    // Read when somebody is held: the pool's settings may change without the frontend's.
    get holdMs() {
      return pool?.config.queue.timeout ?? DEFAULT_HOLD_MS;
    },
  };
}
