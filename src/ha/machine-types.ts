// What the pair's state machine is made of: its settings, its state, what goes in and what comes out; plain data, all of it.

/** - `initialize`: not started, or gone; - `backup`: stands by; - `active`: holds the address */
export type HaRole = 'initialize' | 'backup' | 'active';

/** Fixed facts of one node of a pair (or a larger group). */
export interface HaSettings {
  /** Unique among the nodes and comparable as text: of two nodes of equal priority the greater one outranks the other. */
  readonly node: string;
  /** 1-254, nothing taken off. */
  readonly priority: number;
  /** Whether a better one takes over a living one. */
  readonly preempt: boolean;
  /** How long it has been the better one before it takes over a living one, ms. */
  readonly preemptDelayMs: number;
  /** Time between two adverts, ms. */
  readonly advertIntervalMs: number;
  /** Whether a gateway must answer before a takeover: then `check-gateway` comes out, and `gateway` must come in. */
  readonly checksGateway: boolean;
  /** Names of the others, as `from` and `to` use them. */
  readonly peers: readonly string[];
}

/** What one node tells the others: VRRP's advertisement, and what a backup says of itself. */
export interface HaAdvert {
  readonly node: string;
  /** Whether it comes from one who holds the address. A backup's says only that it lives. */
  readonly isActive: boolean;
  /** 0 = it gives the address away (`isActive`) or leaves (else). */
  readonly priority: number;
  readonly intervalMs: number;
  /** Of an active one: who is next, and need not wait for its skew time. */
  readonly successor: string | undefined;
  /** Of one who took over from a living active: whom it relieves. */
  readonly replaces: string | undefined;
  /** Whether it should be answered at once, as a probe. */
  readonly wantsReply: boolean;
}

/** What a node knows of another one, from its last advert. */
export interface HaPeerView {
  readonly node: string;
  readonly isActive: boolean;
  readonly priority: number;
  readonly intervalMs: number;
  readonly heardAtMs: number;
  /** Nothing came for a down interval, or it left. */
  readonly isLost: boolean;
  /** It is active and names this node as the next. */
  readonly namesUs: boolean;
  /** It is active while this node is, and that was told. */
  readonly isInConflict: boolean;
}

/** Quick probes of an active one whose connection was reset. */
export interface HaSuspicion {
  readonly peer: string;
  readonly probesLeft: number;
  readonly nextAtMs: number;
}

/**
 * All that a node knows. Immutable: every step makes a new one. Times are the caller's monotonic ms; infinity = not armed.
 *
 * ```
 *   initialize --start--> backup --down timer, resignation, dead connection (gateway answers)--> active
 *        ^                  ^ '-----------------------------------------------------------------' |
 *        |                  '-- a better active is heard, own priority sank, paused, no address --'
 *        '-- resign, detach: from both
 * ```
 * Invariant: `downAtMs` is finite only while backup, and not while the gateway is asked.
 */
export interface HaState {
  readonly role: HaRole;
  /** 1-254, what `track` takes off already gone. */
  readonly priority: number;
  /** When the next advert of its own is due. */
  readonly advertAtMs: number;
  /** When it takes over unless it hears something: the Active_Down_Timer. */
  readonly downAtMs: number;
  /** The down timer came late once: what lies in the socket is read before it counts. */
  readonly wasLate: boolean;
  /** Why it is about to take over, while the gateway is asked. */
  readonly checkingFor: string | undefined;
  /** The gateway did not answer, and that was told. */
  readonly isBlocked: boolean;
  /** Peer that it takes for active. */
  readonly following: string | undefined;
  /** Since when it would be the better one, while a living one is active. */
  readonly betterSinceMs: number | undefined;
  readonly suspicion: HaSuspicion | undefined;
  /** Node that it relieves, and until when adverts of that one are no conflict. */
  readonly replacing: { readonly node: string; readonly untilMs: number } | undefined;
  readonly peers: Readonly<Record<string, HaPeerView>>;
}

/** What happens to a node. Adverts are to be checked (secret, id, replay) before: see `HaChannel`. */
export type HaInput =
  | { readonly type: 'start' }
  /** `dueAtMs` of the step before is reached. Early or needless ones do nothing. */
  | { readonly type: 'timer' }
  | { readonly type: 'advert'; readonly from: string; readonly advert: HaAdvert }
  /** What `track` makes of the priority, 1-254. */
  | { readonly type: 'priority'; readonly priority: number; readonly reason: string }
  /** The connection to that peer was closed or reset. */
  | { readonly type: 'link-lost'; readonly peer: string }
  /** That peer is to be told at once who is here, and to answer. */
  | { readonly type: 'greet'; readonly peer: string }
  /** Answer to `check-gateway`. */
  | { readonly type: 'gateway'; readonly answers: boolean }
  /** The address is held: answer to `acquire`. */
  | { readonly type: 'acquired' }
  /** The address can't be held: the other answer to `acquire`. */
  | { readonly type: 'acquire-failed'; readonly reason: string }
  /** Goes, and hands over. */
  | { readonly type: 'resign' }
  /** Goes without a word, and the address stays where it is. */
  | { readonly type: 'detach' };

/** What a machine tells. */
export type HaEventName =
  | 'ha:active'
  | 'ha:backup'
  | 'ha:conflict'
  | 'ha:peer-found'
  | 'ha:peer-lost'
  | 'ha:blocked';

/** What is to be done, in this order. */
export type HaAction =
  /** `copies`: a datagram may be lost, and a resignation is not repeated later. */
  | {
      readonly type: 'send';
      readonly to: readonly string[];
      readonly advert: HaAdvert;
      readonly copies: number;
    }
  /** Take the address and announce it; `acquired` or `acquire-failed` must come back, now or later. */
  | { readonly type: 'acquire' }
  | { readonly type: 'release' }
  /** Tell the network again where the address is (gratuitous ARP). */
  | { readonly type: 'announce' }
  /** Ask the gateway; `gateway` must come back. */
  | { readonly type: 'check-gateway' }
  | {
      readonly type: 'event';
      readonly name: HaEventName;
      readonly peer: string | undefined;
      readonly reason: string;
    };

/** What one input led to. */
export interface HaStep {
  readonly state: HaState;
  readonly actions: readonly HaAction[];
  /** When `timer` is to come in, unless another step says otherwise before; infinity = not at all. */
  readonly dueAtMs: number;
}
