// Every event a balancer emits, with its payload. `at` is Unix ms; `reason` is for people.

interface Base {
  readonly at: number;
  readonly reason: string;
}
interface MemberEvent extends Base {
  readonly pool: string;
  readonly member: string;
}
interface FrontendEvent extends Base {
  readonly frontend: string;
}

/** A real, bound address. */
export interface BoundAddress {
  readonly address: string;
  readonly port: number;
}

/** How a drain ended: work that finished, work cut at the deadline, work still open (no deadline cut). */
export interface DrainResult {
  readonly completed: number;
  readonly aborted: number;
  readonly stillOpen: number;
}

/** Names and payloads; emitted on flips and faults, never per request on the fast path. */
export interface BalancerEvents {
  'member:up': MemberEvent;
  'member:down': MemberEvent;
  'member:added': MemberEvent;
  'member:removed': MemberEvent & DrainResult;
  'member:draining': MemberEvent;
  'member:drained': MemberEvent & DrainResult;
  'member:state': MemberEvent & { readonly state: string };
  'member:weight': MemberEvent & { readonly weight: number };
  /** `untilMs`: Unix ms. */
  'member:ejected': MemberEvent & { readonly untilMs: number };
  'member:restored': MemberEvent;
  'pool:panic': Base & { readonly pool: string; readonly active: boolean };
  'pool:empty': Base & { readonly pool: string };
  'pool:discovery': Base & {
    readonly pool: string;
    readonly added: number;
    readonly removed: number;
  };
  'pool:discovery-failed': Base & { readonly pool: string };
  /** A strategy of the host's threw at a pick; told once per table. Members take turns meanwhile. */
  'pool:strategy-failed': Base & { readonly pool: string };
  /** A sticky store failed or was too slow: clients are served without it. Told once, until it is back. */
  'sticky:store-failed': Base & { readonly pool: string };
  'sticky:store-back': Base & { readonly pool: string };
  'frontend:listening': FrontendEvent & { readonly addresses: readonly BoundAddress[] };
  'frontend:draining': FrontendEvent;
  'frontend:closed': FrontendEvent & DrainResult;
  'frontend:overload': FrontendEvent & { readonly rejected: number };
  'frontend:fault': FrontendEvent;
  /** New connections get these certificates from now on. `expiresAt`: Unix ms, of the first to expire. */
  'certificate:replaced': FrontendEvent & {
    readonly names: readonly string[];
    readonly expiresAt: number;
  };
  /** New certificates are bad: what was there before goes on. `reason` has every fault with its path. */
  'certificate:rejected': FrontendEvent & { readonly issues: number };
  'request:retried': FrontendEvent & {
    readonly pool: string;
    readonly from: string;
    readonly attempt: number;
  };
  /** A rate limit turns somebody away; at most once per key and window. `key`: an address, or which header and a hash of its value. */
  'limit:denied': FrontendEvent & {
    readonly limit: string;
    readonly key: string;
    readonly retryAfterMs: number;
  };
  /** A store of rate limits can't be asked; once until it answers again. */
  'limit:store-failed': FrontendEvent & { readonly store: string };
  'limit:store-restored': FrontendEvent & { readonly store: string };
  'spec:applied': Base & { readonly changes: number };
  'spec:rejected': Base & { readonly issues: number };
  /** The program behind an engine took a new configuration by a reload; `needed`: what no run-time command could do. */
  'engine:reloaded': Base & { readonly needed: string };
  /** It refused a new configuration; the last good one serves on. */
  'engine:rolled-back': Base;
  /** It ended by itself; it is started again with the last good configuration. */
  'engine:died': Base;
  /** `attempts` to start it again, the last one successful. */
  'engine:restarted': Base & { readonly attempts: number };
  /** This node took over: it holds the address, or is about to. */
  'ha:active': Base;
  /** The address is held here now. `reason`: the address. */
  'ha:acquired': Base;
  /** This node stands by: at the start, or as another one is active. */
  'ha:backup': Base;
  /** Two nodes were active and hear each other; the better one stays. */
  'ha:conflict': Base & { readonly peer: string };
  'ha:peer-found': Base & { readonly peer: string };
  'ha:peer-lost': Base & { readonly peer: string };
  /** This node should take over, but the gateway does not answer; told once. */
  'ha:blocked': Base;
  /** The address could not be taken, or not be given up. */
  'ha:fault': Base;
  'balancer:started': Base;
  'balancer:draining': Base;
  'balancer:closed': Base;
}

/** Every event name, for whoever wants to hear them all. */
export const EVENT_NAMES: readonly (keyof BalancerEvents)[] = [
  'member:up',
  'member:down',
  'member:added',
  'member:removed',
  'member:draining',
  'member:drained',
  'member:state',
  'member:weight',
  'member:ejected',
  'member:restored',
  'pool:panic',
  'pool:empty',
  'pool:discovery',
  'pool:discovery-failed',
  'pool:strategy-failed',
  'sticky:store-failed',
  'sticky:store-back',
  'frontend:listening',
  'frontend:draining',
  'frontend:closed',
  'frontend:overload',
  'frontend:fault',
  'certificate:replaced',
  'certificate:rejected',
  'request:retried',
  'limit:denied',
  'limit:store-failed',
  'limit:store-restored',
  'spec:applied',
  'spec:rejected',
  'engine:reloaded',
  'engine:rolled-back',
  'engine:died',
  'engine:restarted',
  'ha:active',
  'ha:acquired',
  'ha:backup',
  'ha:conflict',
  'ha:peer-found',
  'ha:peer-lost',
  'ha:blocked',
  'ha:fault',
  'balancer:started',
  'balancer:draining',
  'balancer:closed',
];
