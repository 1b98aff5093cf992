// One node at work: the machine with a clock, a channel, a driver and a way to send; it opens nothing itself.
import type { ClockTimer } from '../core/clock.js';
import type { Environment } from '../core/environment.js';
import type { HaChannel } from './channel.js';
import type { AddressDriver } from './driver.js';
import { Holder, type HolderListener } from './holder.js';
import { initialHaState, stepHa } from './machine.js';
import type { HaAction, HaEventName, HaInput, HaSettings, HaState } from './machine-types.js';

/** Between two answers to packets of one peer that do not show that they are new, ms. */
const GREETING_REST_MS = 100;

/** What a node works with. */
export interface HaNodeParts {
  readonly settings: HaSettings;
  readonly environment: Environment;
  readonly channel: HaChannel;
  readonly driver: AddressDriver;
  /** Whether the gateway answers. */
  readonly askGateway: () => Promise<boolean>;
  readonly send: (peer: string, bytes: Buffer) => void;
  readonly onEvent: (
    name: HaEventName | 'ha:acquired' | 'ha:fault',
    peer: string | undefined,
    reason: string,
  ) => void;
  /** After every step: role, peers or whom it follows may have changed. */
  readonly onStep: (state: HaState) => void;
}

/** Feeds the machine, and does what comes out. */
export class HaNode implements HolderListener {
  readonly #parts: HaNodeParts;
  readonly #holder: Holder;
  readonly #greetedAtMs: Map<string, number> = new Map();
  #settings: HaSettings;
  #state: HaState;
  #timer: ClockTimer | undefined;
  #timerAtMs = Number.POSITIVE_INFINITY;
  /** Inputs that came while a step was under way, from what it did. */
  readonly #inputs: HaInput[] = [];
  #isStepping = false;

  constructor(parts: HaNodeParts) {
    this.#parts = parts;
    this.#settings = parts.settings;
    this.#state = initialHaState(parts.settings);
    this.#holder = new Holder(parts.driver, this);
  }

  get state(): HaState {
    return this.#state;
  }

  get isHeld(): boolean {
    return this.#holder.isHeld;
  }

  /** Takes other settings; the peers and the name of the node stay. */
  update(settings: HaSettings): void {
    this.#settings = settings;
  }

  feed(input: HaInput): void {
    this.#inputs.push(input);
    if (this.#isStepping) return;
    this.#isStepping = true;
    for (let next = this.#inputs.shift(); next !== undefined; next = this.#inputs.shift())
      this.#step(next);
    this.#isStepping = false;
    this.#arm();
  }

  /** A datagram. @param peer - undefined = from nobody that is known */
  receive(peer: string | undefined, bytes: Buffer): void {
    const { channel, environment } = this.#parts;
    const opened = channel.open(peer, bytes, environment.clock.wallTime());
    if ('advert' in opened) this.feed({ type: 'advert', from: peer ?? '', advert: opened.advert });
    else if (opened.shouldReply && peer !== undefined) this.#greet(peer);
  }

  /** Resolves when the driver rests. */
  settled(): Promise<void> {
    return this.#holder.settled();
  }

  onAcquired(): void {
    this.feed({ type: 'acquired' });
    this.#parts.onEvent('ha:acquired', undefined, this.#parts.driver.description);
  }

  onAcquireFailed(reason: string): void {
    this.#parts.onEvent('ha:fault', undefined, reason);
    this.feed({ type: 'acquire-failed', reason });
  }

  onRenewFailed(reason: string): void {
    this.#parts.onEvent('ha:fault', undefined, reason);
  }

  onReleaseFailed(reason: string): void {
    this.#parts.onEvent('ha:fault', undefined, reason);
  }

  #greet(peer: string): void {
    const nowMs = this.#parts.environment.clock.now();
    if (nowMs - (this.#greetedAtMs.get(peer) ?? Number.NEGATIVE_INFINITY) < GREETING_REST_MS)
      return;
    this.#greetedAtMs.set(peer, nowMs);
    this.feed({ type: 'greet', peer });
  }

  #step(input: HaInput): void {
    const { clock } = this.#parts.environment;
    const { state, actions, dueAtMs } = stepHa(this.#settings, this.#state, input, clock.now());
    this.#state = state;
    this.#timerAtMs = dueAtMs;
    for (const action of actions) this.#carryOut(action);
    // Adverts are timers: one that was stopped for long gives up before it comes here.
    if (input.type === 'timer' && state.role === 'active') this.#holder.renew();
    this.#parts.onStep(state);
  }

  #carryOut(action: HaAction): void {
    switch (action.type) {
      case 'send': {
        const { channel, environment, send } = this.#parts;
        for (let copy = 0; copy < action.copies; copy++)
          for (const peer of action.to)
            send(peer, channel.seal(peer, action.advert, environment.clock.wallTime()));
        return;
      }
      case 'acquire':
        this.#holder.acquire();
        return;
      case 'release':
        this.#holder.release();
        return;
      case 'announce':
        if (this.#holder.isHeld) this.#parts.driver.announce();
        return;
      case 'check-gateway':
        void this.#checkGateway();
        return;
      case 'event':
        this.#parts.onEvent(action.name, action.peer, action.reason);
    }
  }

  async #checkGateway(): Promise<void> {
    const answers = await this.#parts.askGateway().catch(() => false);
    this.feed({ type: 'gateway', answers });
  }

  #arm(): void {
    const { clock } = this.#parts.environment;
    this.#timer?.cancel();
    this.#timer = undefined;
    if (this.#timerAtMs === Number.POSITIVE_INFINITY) return;
    const delayMs = Math.max(0, this.#timerAtMs - clock.now());
    this.#timer = clock.schedule(delayMs, () => {
      this.#timer = undefined;
      this.feed({ type: 'timer' });
    });
  }
}
