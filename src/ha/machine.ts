// Who holds the address: the state machine of RFC 9568 6.4 with a few rules more, as a pure function.
import { Draft, outranks } from './draft.js';
import type {
  HaAdvert,
  HaInput,
  HaPeerView,
  HaSettings,
  HaState,
  HaStep,
  HaSuspicion,
} from './machine-types.js';
import {
  downIntervalMs,
  isLate,
  lateGraceMs,
  PROBES,
  probeGapMs,
  RESIGN_COPIES,
  skewMs,
} from './timers.js';

const NEVER = Number.POSITIVE_INFINITY;

/** A node before its start. */
export function initialHaState(settings: HaSettings): HaState {
  return {
    role: 'initialize',
    priority: settings.priority,
    advertAtMs: NEVER,
    downAtMs: NEVER,
    wasLate: false,
    checkingFor: undefined,
    isBlocked: false,
    following: undefined,
    betterSinceMs: undefined,
    suspicion: undefined,
    replacing: undefined,
    peers: {},
  };
}

/**
 * One step of a node: no I/O, no clock, no chance; `state` is left as it is.
 *
 * Beyond RFC 9568: backups say that they live; an active one names its successor, which takes over a resignation without its skew time,
 * and takes over at once when the active one's connection was reset and quick probes stay unanswered;
 * one whose priority sinks below a living backup's hands over; one that was stopped for a down interval steps down.
 *
 * @param nowMs - monotonic ms, never less than in the step before
 */
export function stepHa(
  settings: HaSettings,
  state: HaState,
  input: HaInput,
  nowMs: number,
): HaStep {
  const turn = new Turn(settings, state, nowMs);
  turn.take(input);
  return { state: turn.state, actions: turn.actions, dueAtMs: dueAtMs(turn.state) };
}

function dueAtMs(state: HaState): number {
  if (state.role === 'initialize') return NEVER;
  let due = Math.min(state.advertAtMs, state.downAtMs, state.suspicion?.nextAtMs ?? NEVER);
  for (const view of Object.values(state.peers))
    if (!view.isLost) due = Math.min(due, lostAtMs(view, state.priority));
  return due;
}

function lostAtMs(view: HaPeerView, priority: number): number {
  return view.heardAtMs + downIntervalMs(priority, view.intervalMs);
}

/** A step under way: the next state and what is to be done so far. */
class Turn extends Draft {
  take(input: HaInput): void {
    if (input.type === 'start') return this.#start();
    if (this.state.role === 'initialize') {
      if (input.type === 'priority') this.set({ priority: input.priority });
      return;
    }
    // After a stop what lay in the socket may come before the timer.
    if (input.type !== 'timer' && this.#wasStopped()) this.#advertDue();
    switch (input.type) {
      case 'timer':
        return this.#timer();
      case 'advert':
        return this.#advert(input.from, input.advert);
      case 'priority':
        return this.#priority(input.priority, input.reason);
      case 'link-lost':
        return this.#linkLost(input.peer);
      case 'greet':
        return this.send(this.compose({ wantsReply: true }), [input.peer]);
      case 'gateway':
        return this.#gateway(input.answers);
      case 'acquired':
        return this.#acquired();
      case 'acquire-failed':
        return this.#acquireFailed(input.reason);
      case 'resign':
        return this.#resign();
      case 'detach':
        return this.#leave();
    }
  }

  #start(): void {
    if (this.state.role !== 'initialize') return;
    const { advertIntervalMs } = this.settings;
    this.set({ ...initialHaState(this.settings), priority: this.state.priority, role: 'backup' });
    this.set({ downAtMs: this.in(downIntervalMs(this.state.priority, advertIntervalMs)) });
    this.tell('ha:backup', undefined, 'started');
    this.advertise({ wantsReply: true });
  }

  // What comes with time.

  #timer(): void {
    // Stopped myself: others could not be heard.
    if (!this.#isHeldUp()) this.#findLost();
    if (this.state.suspicion !== undefined && this.state.suspicion.nextAtMs <= this.nowMs)
      this.#probeAgain(this.state.suspicion);
    if (this.state.advertAtMs <= this.nowMs) this.#advertDue();
    if (this.state.downAtMs <= this.nowMs) this.#down();
  }

  #findLost(): void {
    for (const [peer, view] of Object.entries(this.state.peers)) {
      if (view.isLost || lostAtMs(view, this.state.priority) > this.nowMs) continue;
      this.#lose(peer, view, 'silent for a down interval');
    }
  }

  #lose(peer: string, view: HaPeerView, reason: string): void {
    this.see(peer, { ...view, isLost: true, namesUs: false, isInConflict: false });
    this.tell('ha:peer-lost', peer, reason);
  }

  /** The own advert is overdue by more than an interval's part: nothing that lies in the socket was read meanwhile. */
  #isHeldUp(): boolean {
    const { advertAtMs } = this.state;
    return isLate(this.nowMs - advertAtMs, this.settings.advertIntervalMs);
  }

  #advertDue(): void {
    if (this.#wasStopped()) {
      // Somebody will have taken over: the address is theirs until they say otherwise.
      this.#stepDown(`was stopped for ${Math.round(this.nowMs - this.state.advertAtMs)} ms`);
    }
    this.advertise();
  }

  /** Active, not alone, and silent for a down interval. */
  #wasStopped(): boolean {
    const { role, advertAtMs, priority } = this.state;
    const patienceMs = downIntervalMs(priority, this.settings.advertIntervalMs);
    return role === 'active' && this.nowMs - advertAtMs >= patienceMs && this.next() !== undefined;
  }

  #down(): void {
    const { downAtMs, wasLate } = this.state;
    const { advertIntervalMs } = this.settings;
    if (!wasLate && isLate(this.nowMs - downAtMs, advertIntervalMs)) {
      this.set({ downAtMs: this.in(lateGraceMs(advertIntervalMs)), wasLate: true });
      return;
    }
    this.#findLost();
    this.#takeOver('no advert for a down interval');
  }

  // What others say.

  #advert(from: string, advert: HaAdvert): void {
    const before = this.state.peers[from];
    const hasLeft = advert.priority === 0 && !advert.isActive;
    this.see(from, {
      node: advert.node,
      isActive: advert.isActive && advert.priority > 0,
      priority: advert.priority,
      intervalMs: advert.intervalMs,
      heardAtMs: this.nowMs,
      isLost: hasLeft,
      namesUs: advert.isActive && advert.successor === this.settings.node,
      isInConflict: before?.isInConflict === true && advert.isActive,
    });
    if (this.state.suspicion?.peer === from) this.set({ suspicion: undefined });
    const wasLost = before === undefined || before.isLost;
    if (wasLost && !hasLeft) this.tell('ha:peer-found', from, 'heard');
    if (!wasLost && hasLeft) this.tell('ha:peer-lost', from, 'left');
    if (this.state.role === 'active')
      this.#advertWhileActive(from, advert, wasLost || before.isActive);
    else this.#advertWhileBackup(from, advert, before);
    if (advert.wantsReply) this.send(this.compose({}), [from]);
  }

  #advertWhileActive(from: string, advert: HaAdvert, mayHaveHeld: boolean): void {
    if (!advert.isActive) {
      // It was away, or active until now: the network is told anew where the address is.
      if (mayHaveHeld) this.act({ type: 'announce' });
      return;
    }
    if (advert.priority === 0) {
      this.advertise();
      return;
    }
    const own = { priority: this.state.priority, node: this.settings.node };
    if (outranks(advert, own)) {
      if (advert.replaces !== own.node) this.#conflict(from, 'it outranks this one');
      this.set({ following: from });
      this.#backUp(`${from} is active with priority ${advert.priority}`, advert.intervalMs);
      this.act({ type: 'release' });
      this.advertise();
      return;
    }
    const { replacing } = this.state;
    if (replacing?.node === advert.node && this.nowMs < replacing.untilMs) return;
    this.#conflict(from, 'this one outranks it');
    this.act({ type: 'announce' });
    this.advertise();
  }

  #advertWhileBackup(from: string, advert: HaAdvert, before: HaPeerView | undefined): void {
    const { node } = this.settings;
    if (!advert.isActive) {
      if (this.state.following !== from) return;
      // Restarted, or stepped down: whom it named is next.
      this.set({ following: undefined });
      if (before?.namesUs === true) this.#takeOver(`${from} is no longer active`);
      else this.#hurry();
      return;
    }
    if (advert.priority === 0) {
      if (this.state.following !== undefined && this.state.following !== from) return;
      this.set({ following: undefined });
      if (advert.successor === node) this.#takeOver(`${from} resigned and named this one`);
      else this.#hurry();
      return;
    }
    if (this.#mayFollow(advert)) this.#follow(from, advert);
    else this.set({ following: from });
  }

  /** A better one always; a lower one too where that is wished, or for a while. */
  #mayFollow(advert: HaAdvert): boolean {
    const { preempt, preemptDelayMs } = this.settings;
    if (!preempt || advert.priority >= this.state.priority) {
      this.set({ betterSinceMs: undefined });
      return true;
    }
    const betterSinceMs = this.state.betterSinceMs ?? this.nowMs;
    this.set({ betterSinceMs });
    return this.nowMs - betterSinceMs < preemptDelayMs;
  }

  #follow(from: string, advert: HaAdvert): void {
    this.set({
      following: from,
      downAtMs: this.in(downIntervalMs(this.state.priority, advert.intervalMs)),
      wasLate: false,
      checkingFor: undefined,
      isBlocked: false,
    });
  }

  /** The active one is gone, and another one is next: if that one does not come, this one is ready after its skew time. */
  #hurry(): void {
    if (this.state.checkingFor !== undefined) return;
    const skew = skewMs(this.state.priority, this.settings.advertIntervalMs);
    this.set({ downAtMs: Math.min(this.state.downAtMs, this.in(skew)) });
  }

  #conflict(peer: string, reason: string): void {
    const view = this.state.peers[peer];
    if (view === undefined || view.isInConflict) return;
    this.see(peer, { ...view, isInConflict: true });
    this.tell('ha:conflict', peer, `two are active: ${reason}`);
  }

  // The connection of an active one is gone: is its process?

  #linkLost(peer: string): void {
    const { role, following, suspicion, peers } = this.state;
    if (role !== 'backup' || following !== peer || suspicion !== undefined) return;
    if (peers[peer]?.namesUs !== true) return;
    this.#probeAgain({ peer, probesLeft: PROBES, nextAtMs: this.nowMs });
  }

  #probeAgain({ peer, probesLeft }: HaSuspicion): void {
    if (probesLeft === 0) {
      const view = this.state.peers[peer];
      this.set({ suspicion: undefined, following: undefined });
      if (view !== undefined && !view.isLost)
        this.#lose(peer, view, 'reset, and silent when asked');
      this.#takeOver(`${peer} reset its connection and answers no probe`);
      return;
    }
    const nextAtMs = this.in(probeGapMs(this.settings.advertIntervalMs));
    this.set({ suspicion: { peer, probesLeft: probesLeft - 1, nextAtMs } });
    this.send(this.compose({ wantsReply: true }), [peer]);
  }

  // Up and down.

  #takeOver(reason: string): void {
    if (this.state.checkingFor !== undefined) return;
    this.set({ suspicion: undefined });
    if (!this.settings.checksGateway) return this.#activate(reason);
    this.set({ checkingFor: reason, downAtMs: NEVER });
    this.act({ type: 'check-gateway' });
  }

  #gateway(answers: boolean): void {
    const { checkingFor, isBlocked } = this.state;
    if (checkingFor === undefined) return;
    this.set({ checkingFor: undefined });
    if (answers) return this.#activate(checkingFor);
    this.set({ downAtMs: this.in(this.settings.advertIntervalMs), isBlocked: true });
    if (isBlocked) return;
    this.tell('ha:blocked', undefined, 'the gateway does not answer: no takeover');
  }

  #activate(reason: string): void {
    const { following, peers } = this.state;
    const relieved = following === undefined ? undefined : peers[following];
    const isAlive = relieved !== undefined && relieved.isActive && !relieved.isLost;
    const { advertIntervalMs } = this.settings;
    this.set({
      role: 'active',
      downAtMs: NEVER,
      wasLate: false,
      isBlocked: false,
      following: undefined,
      betterSinceMs: undefined,
      replacing: isAlive ? { node: relieved.node, untilMs: this.in(advertIntervalMs) } : undefined,
      advertAtMs: this.in(advertIntervalMs),
    });
    this.tell('ha:active', undefined, isAlive ? `better than ${following}` : reason);
    // A living one is told only when the address is held here too: its clients do not notice.
    if (!isAlive) this.advertise();
    this.act({ type: 'acquire' });
  }

  #priority(priority: number, reason: string): void {
    if (priority === this.state.priority) return;
    const isLower = priority < this.state.priority;
    this.set({ priority });
    const next = this.next();
    if (this.state.role === 'active' && isLower && next !== undefined && next.priority > priority)
      this.#handOver(reason);
    this.advertise();
  }

  #acquired(): void {
    const { role, replacing } = this.state;
    if (role !== 'active' || replacing === undefined) return;
    const untilMs = this.in(this.settings.advertIntervalMs);
    this.set({ replacing: { ...replacing, untilMs } });
    this.advertise();
  }

  #acquireFailed(reason: string): void {
    if (this.state.role !== 'active') return;
    this.#handOver(reason);
    const { advertIntervalMs } = this.settings;
    // The others first, and all of them, if there are any.
    const isAlone = this.next() === undefined;
    const patienceMs = 3 * downIntervalMs(this.state.priority, advertIntervalMs);
    this.set({ downAtMs: this.in(isAlone ? advertIntervalMs : patienceMs) });
  }

  #handOver(reason: string): void {
    this.send(this.compose({ priority: 0 }), this.settings.peers, RESIGN_COPIES);
    this.#stepDown(reason);
  }

  #stepDown(reason: string): void {
    this.#backUp(reason, this.settings.advertIntervalMs);
    this.act({ type: 'release' });
  }

  #backUp(reason: string, intervalMs: number): void {
    this.set({
      role: 'backup',
      downAtMs: this.in(downIntervalMs(this.state.priority, intervalMs)),
      wasLate: false,
      replacing: undefined,
    });
    this.tell('ha:backup', undefined, reason);
  }

  #resign(): void {
    const isActive = this.state.role === 'active';
    this.send(this.compose({ priority: 0 }), this.settings.peers, RESIGN_COPIES);
    if (isActive) {
      this.act({ type: 'release' });
      this.tell('ha:backup', undefined, 'resigned');
    }
    this.#leave();
  }

  #leave(): void {
    this.set({ ...initialHaState(this.settings), priority: this.state.priority });
  }
}
