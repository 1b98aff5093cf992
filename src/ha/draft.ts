// A step of the machine under way: the next state so far, what is to be done so far, and how both are added to.
import type {
  HaAction,
  HaAdvert,
  HaEventName,
  HaPeerView,
  HaSettings,
  HaState,
} from './machine-types.js';

/** Whether `a` goes before `b`. */
export function outranks(
  a: { readonly priority: number; readonly node: string },
  b: { readonly priority: number; readonly node: string },
): boolean {
  return a.priority === b.priority ? a.node > b.node : a.priority > b.priority;
}

/** What every rule of the machine works on. */
export class Draft {
  state: HaState;
  readonly actions: HaAction[] = [];
  readonly settings: HaSettings;
  readonly nowMs: number;

  constructor(settings: HaSettings, state: HaState, nowMs: number) {
    this.settings = settings;
    this.state = state;
    this.nowMs = nowMs;
  }

  /** The best of the living others. */
  next(): HaPeerView | undefined {
    let best: HaPeerView | undefined;
    for (const view of Object.values(this.state.peers))
      if (!view.isLost && view.priority > 0 && (best === undefined || outranks(view, best)))
        best = view;
    return best;
  }

  /** Tells everybody, and begins the interval anew. */
  advertise(changes: Partial<HaAdvert> = {}): void {
    this.set({ advertAtMs: this.in(this.settings.advertIntervalMs) });
    this.send(this.compose(changes), this.settings.peers);
  }

  compose(changes: Partial<HaAdvert>): HaAdvert {
    const { role, priority, replacing } = this.state;
    const isActive = role === 'active';
    return {
      node: this.settings.node,
      isActive,
      priority,
      intervalMs: this.settings.advertIntervalMs,
      successor: isActive ? this.next()?.node : undefined,
      replaces:
        replacing !== undefined && this.nowMs < replacing.untilMs ? replacing.node : undefined,
      wantsReply: false,
      ...changes,
    };
  }

  send(advert: HaAdvert, to: readonly string[], copies = 1): void {
    this.act({ type: 'send', to, advert, copies });
  }

  tell(name: HaEventName, peer: string | undefined, reason: string): void {
    this.act({ type: 'event', name, peer, reason });
  }

  act(action: HaAction): void {
    this.actions.push(action);
  }

  see(peer: string, view: HaPeerView): void {
    this.set({ peers: { ...this.state.peers, [peer]: view } });
  }

  set(changes: Partial<HaState>): void {
    this.state = { ...this.state, ...changes };
  }

  in(delayMs: number): number {
    return this.nowMs + delayMs;
  }
}
