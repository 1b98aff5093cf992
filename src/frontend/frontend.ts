// An entrance of the balancer: its bound addresses, its present handler, and its way to the end.
import { type ClockTimer, sleep } from '../core/clock.js';
import { Emitter } from '../core/emitter.js';
import { createEnvironment, type Environment } from '../core/environment.js';
import { EvenkeelError } from '../core/errors.js';
import { TimerWheel } from '../core/timer-wheel.js';
import type { BalancerEvents, BoundAddress, DrainResult } from '../model/events.js';
import type { FrontendStatus } from '../model/status.js';
import type { Pool } from '../pool/pool.js';
import type { FrontendConfig } from '../spec/config.js';
import { type ParseOptions, parseFrontend } from '../spec/parse.js';
import type { CertificateSpec } from '../spec/tls.js';
import { probeTls } from '../upstream/tls-probe.js';
import { type AccessLogTarget, logWriterOf } from './access-log/log-writer.js';
import { BindingSet } from './binding-set.js';
import { certificateStatus } from './certificate-status.js';
import { type FrontendOptions, readFrontendOptions } from './frontend-options.js';
import { type FrontendContext, FrontendCounters, type PoolLookup } from './handler.js';
import { Handover } from './handover.js';
import { LimiterShelf } from './limits/limiter-shelf.js';
import type { Service } from './service.js';
import { StreamService } from './stream-service.js';
import { DatagramService } from './udp/datagram-service.js';

export type { FrontendOptions } from './frontend-options.js';

/** What a frontend shares with the rest of a balancer; each part has a default of its own. */
export interface FrontendDependencies {
  /** Time and chance. @defaultValue the machine's */
  readonly environment?: Partial<Environment>;
  /** @internal Timers that a balancer's frontends share. @defaultValue a wheel of its own */
  readonly wheel?: TimerWheel;
  /** Where events go. @defaultValue an emitter of its own */
  readonly events?: Emitter<BalancerEvents>;
  /** Where the access log goes. @defaultValue standard output */
  readonly accessLog?: AccessLogTarget;
  /** Finds the pools that the options name; `Pool` instances in the options come first. @defaultValue there are no others */
  readonly pools?: PoolLookup;
  /** The host's code, by the names that specs use: stores of rate limits. @defaultValue none */
  readonly extensions?: Readonly<Record<string, unknown>>;
  /** Name of the balancer it belongs to, for reports. @defaultValue '' */
  readonly balancer?: string;
}

/** New settings whose addresses are bound and whose handler is built: `commit` switches to them, `abort` forgets them. */
export interface PreparedUpdate {
  /** Switches the handler and stops listening on addresses that are gone. Can't fail. */
  commit(): void;
  /** Frees what was bound; the frontend stays as it was. */
  abort(): void;
}

/**
 * Listens on the addresses of one frontend and serves who comes in.
 * States: idle -> listening -> draining -> closed. The constructor does no I/O.
 */
export class Frontend {
  readonly name: string;
  readonly events: Emitter<BalancerEvents>;
  /** The `Pool` instances it was built with: a balancer that takes it over takes them along. */
  readonly pools: readonly Pool[];
  /** @internal The host's code that it was built with, by name. */
  readonly extensions: Readonly<Record<string, unknown>>;
  readonly #environment: Environment;
  readonly #counters: FrontendCounters = new FrontendCounters();
  readonly #limiters: LimiterShelf;
  readonly #context: FrontendContext & { balancer: string };
  readonly #service: Service;
  readonly #bindings: BindingSet;
  #config: FrontendConfig;
  #listening: Promise<readonly BoundAddress[]> | undefined;
  #draining: Promise<DrainResult> | undefined;
  #isClosed = false;
  /** Somebody was told that it listens: then its end is told too. */
  #isAnnounced = false;
  #endDrain: (() => void) | undefined;
  #onStopped!: () => void;
  /** Resolves when a drain or close no longer accepts anybody: stream addresses are free for others then. */
  readonly stopped: Promise<void> = new Promise((resolve) => {
    this.#onStopped = resolve;
  });

  /**
   * @throws SpecError when the options are at fault
   * @throws EvenkeelError EK_UNKNOWN_NAME when a pool is not found
   */
  constructor(options: FrontendOptions, dependencies: FrontendDependencies = {}) {
    const { extensions = {} } = dependencies;
    const { config, pools, given } = readFrontendOptions(options, dependencies.pools, {
      extensions,
    });
    this.#config = config;
    this.name = config.name;
    this.pools = given;
    this.extensions = extensions;
    this.events = dependencies.events ?? new Emitter();
    this.#environment = createEnvironment(dependencies.environment);
    this.#limiters = new LimiterShelf({
      frontend: config.name,
      environment: this.#environment,
      events: this.events,
      extensions,
    });
    this.#context = {
      name: config.name,
      balancer: dependencies.balancer ?? '',
      environment: this.#environment,
      wheel: dependencies.wheel ?? new TimerWheel(this.#environment.clock),
      events: this.events,
      counters: this.#counters,
      active: () => this.#service.active,
      accessLog: dependencies.accessLog,
      limiters: this.#limiters,
      judged: new Set(),
    };
    this.#service =
      config.protocol === 'udp'
        ? new DatagramService(config, pools, this.#context)
        : new StreamService(config, pools, this.#context);
    this.#bindings = new BindingSet(this.#service, this.#environment.clock);
  }

  /** @internal A balancer takes over what was built alone: reports name it. */
  joinBalancer(name: string): void {
    this.#context.balancer = name;
  }

  /** @internal Its rate limits, those of its routes included. */
  get limiters(): LimiterShelf {
    return this.#limiters;
  }

  /** @internal Whether a request waits for the verdict of a rule, and may still come to a pool of earlier settings. */
  get isJudging(): boolean {
    return this.#context.judged.size > 0;
  }

  /** The settings in force, expanded. */
  get config(): FrontendConfig {
    return this.#config;
  }

  /**
   * Binds every address, or none. Asked again it answers the same.
   * @returns the real addresses: port 0 has become a port
   * @throws EvenkeelError EK_BIND with address and reason; EK_CLOSED after `drain` or `close`
   */
  listen(): Promise<readonly BoundAddress[]> {
    this.#refuseClosed();
    this.#listening ??= this.#listen().catch((error: unknown) => {
      this.#listening = undefined;
      throw error;
    });
    return this.#listening;
  }

  /**
   * Makes ready for other settings: binds what is new and builds the handler, while the present ones go on to serve.
   * A listener whose bind text stays the same is not touched, so no connection in its queue is lost.
   * @param handover - what other frontends give up in the same reload, to be completed by the caller. @defaultValue nothing
   * @throws EvenkeelError EK_BIND, EK_UNKNOWN_NAME; EK_STATE when the change is between udp and a stream protocol,
   * which takes a new frontend
   */
  async prepare(
    config: FrontendConfig,
    pools: PoolLookup,
    handover: Handover = new Handover(),
  ): Promise<PreparedUpdate> {
    this.#refuseClosed();
    if ((config.protocol === 'udp') !== (this.#config.protocol === 'udp')) {
      throw new EvenkeelError(
        'EK_STATE',
        `frontend "${this.name}": ${this.#config.protocol} can't become ${config.protocol} in place`,
      );
    }
    if (config.tls !== undefined) await probeTls();
    this.#limiters.begin();
    const switchOver = this.#service.prepare(config, pools);
    const isListening = this.#listening !== undefined;
    await this.#listening;
    const change = await this.#bindings.prepare(isListening ? config.bind : [], handover);
    return {
      commit: () => {
        this.#config = config;
        switchOver();
        this.#limiters.commit();
        if (this.#isClosed || this.#draining !== undefined) change.abort();
        else if (isListening) {
          change.commit(config.drain.timeout);
          this.#service.tls?.watch();
        }
      },
      abort: () => change.abort(),
    };
  }

  /**
   * As {@link listen}, but in force, and told, only with `commit`: what else is prepared may still fail.
   * @param handover - what other frontends give up in the same reload, to be completed by the caller
   * @throws EvenkeelError EK_BIND, EK_CLOSED
   */
  async prepareListen(handover: Handover): Promise<PreparedUpdate> {
    this.#refuseClosed();
    if (this.#config.tls !== undefined) await probeTls();
    const change = await this.#bindings.prepare(this.#config.bind, handover);
    return {
      commit: () => {
        if (this.#isClosed || this.#draining !== undefined) {
          change.abort();
          return;
        }
        change.commit(0);
        this.#service.tls?.watch();
        const { addresses } = this.#bindings;
        this.#listening = Promise.resolve(addresses);
        this.#isAnnounced = true;
        const at = this.#environment.clock.wallTime();
        const event = { frontend: this.name, at, reason: 'bound', addresses };
        this.events.emit('frontend:listening', event);
      },
      abort: () => change.abort(),
    };
  }

  /** Tells `handover` which addresses it gives up: all, or those that `next` does not name. */
  offer(handover: Handover, next?: FrontendConfig): void {
    this.#bindings.offer(next?.bind ?? [], handover);
  }

  /**
   * Stops accepting at once, lets what is open finish, and cuts the rest at the deadline. Asked again it answers the same.
   * @param deadlineMs - @defaultValue the frontend's `drain.timeout`
   */
  drain(deadlineMs: number = this.#config.drain.timeout): Promise<DrainResult> {
    this.#draining ??= this.#drain(deadlineMs);
    return this.#draining;
  }

  /** Stops accepting and cuts what is open; ends a drain that is under way. */
  async close(): Promise<void> {
    this.#endDrain?.();
    await this.drain(0);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /**
   * Gives new connections other certificates at once; those that stand keep theirs. They are part of `config` from then on.
   * Emits `certificate:replaced` or `certificate:rejected`.
   * @throws SpecError with every fault (`EK_CERTIFICATE`): then nothing has changed
   * @throws EvenkeelError EK_STATE when the frontend has no TLS, EK_CLOSED when it is closed or drains
   */
  replaceCertificates(certificates: readonly CertificateSpec[], options: ParseOptions = {}): void {
    this.#refuseClosed();
    const present = this.#config.tls;
    const { tls } = this.#service;
    if (present === undefined || tls === undefined) {
      throw new EvenkeelError('EK_STATE', `frontend "${this.name}" has no TLS`);
    }
    const spec = { ...this.#config, tls: { ...present, certificates, selfSigned: false } };
    const config = parseFrontend(spec, options);
    if (config.tls !== undefined) tls.replace(config.tls, 'replaced by the host');
    this.#config = config;
  }

  /** What the frontend is doing at this moment. */
  status(): FrontendStatus {
    return {
      name: this.name,
      protocol: this.#config.protocol,
      addresses: this.#bindings.addresses,
      draining: this.#draining !== undefined,
      active: this.#service.active,
      held: this.#service.held,
      maxConnections: this.#service.maxConnections,
      certificates: (this.#service.tls?.certificates ?? []).map(certificateStatus),
      totals: this.#counters.snapshot(),
    };
  }

  async #listen(): Promise<readonly BoundAddress[]> {
    const update = await this.prepareListen(new Handover());
    update.commit();
    this.#refuseClosed();
    return this.#bindings.addresses;
  }

  async #drain(deadlineMs: number): Promise<DrainResult> {
    const { clock } = this.#environment;
    if (this.#isAnnounced) {
      const at = clock.wallTime();
      this.events.emit('frontend:draining', { frontend: this.name, at, reason: 'asked to drain' });
    }
    const before = this.#service.ended;
    let timer: ClockTimer | undefined;
    const deadline = new Promise<void>((resolve) => {
      this.#endDrain = resolve;
      timer = clock.schedule(deadlineMs, resolve);
    });
    this.#service.drain();
    // One turn of the event loop: what the kernel has accepted for us already is served, not reset with the listener.
    if (deadlineMs > 0) await sleep(clock, 0);
    this.#bindings.stop();
    this.#service.tls?.close();
    this.#onStopped();
    await Promise.race([this.#service.whenIdle(), deadline]);
    timer?.cancel();
    const aborted = this.#service.cut();
    this.#limiters.close();
    await this.#service.whenIdle();
    this.#bindings.close();
    if (this.#config.accessLog !== undefined) logWriterOf(this.#context.accessLog, clock).flush();
    this.#isClosed = true;
    const result = { completed: this.#service.ended - before - aborted, aborted, stillOpen: 0 };
    const reason = aborted === 0 ? 'drained' : 'the drain deadline passed';
    const closed = { frontend: this.name, at: clock.wallTime(), reason };
    if (this.#isAnnounced) this.events.emit('frontend:closed', { ...closed, ...result });
    return result;
  }

  #refuseClosed(): void {
    if (!this.#isClosed && this.#draining === undefined) return;
    throw new EvenkeelError('EK_CLOSED', `frontend "${this.name}" is closed`);
  }
}
