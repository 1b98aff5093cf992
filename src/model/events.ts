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
  'frontend:listening': FrontendEvent & { readonly addresses: readonly BoundAddress[] };
  'frontend:draining': FrontendEvent;
  'frontend:closed': FrontendEvent & DrainResult;
  'frontend:overload': FrontendEvent & { readonly rejected: number };
  'frontend:fault': FrontendEvent;
  'request:retried': FrontendEvent & {
    readonly pool: string;
    readonly from: string;
    readonly attempt: number;
  };
  'spec:applied': Base & { readonly changes: number };
  'spec:rejected': Base & { readonly issues: number };
  'balancer:started': Base;
  'balancer:draining': Base;
  'balancer:closed': Base;
}

/** Every event name, for whoever wants to hear them all. */
export const EVENT_NAMES: readonly (keyof BalancerEvents)[] = Object.keys({
  'member:up': true,
  'member:down': true,
  'member:added': true,
  'member:removed': true,
  'member:draining': true,
  'member:drained': true,
  'member:state': true,
  'member:weight': true,
  'member:ejected': true,
  'member:restored': true,
  'pool:panic': true,
  'pool:empty': true,
  'pool:discovery': true,
  'pool:discovery-failed': true,
  'frontend:listening': true,
  'frontend:draining': true,
  'frontend:closed': true,
  'frontend:overload': true,
  'frontend:fault': true,
  'request:retried': true,
  'spec:applied': true,
  'spec:rejected': true,
  'balancer:started': true,
  'balancer:draining': true,
  'balancer:closed': true,
} satisfies Record<keyof BalancerEvents, true>) as (keyof BalancerEvents)[];
