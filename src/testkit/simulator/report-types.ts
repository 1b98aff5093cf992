// What a simulation found: plain data, the same bytes for the same seed.

/** Something that happened, in order. */
export interface SimEvent {
  readonly atMs: number;
  /** An event of the balancer (`member:down`), or `fault`, `fault:over`. */
  readonly name: string;
  /** Node it happened on; absent with a single node and for faults. */
  readonly node?: string;
  readonly pool?: string;
  readonly member?: string;
  /** member:state: what the operator wants of it. */
  readonly state?: string;
  readonly reason: string;
}

/** What became of a fault. Times in ms from the fault. */
export interface FailoverReport {
  readonly fault: string;
  readonly atMs: number;
  /** Until the first event that took notice of it (`member:down`, `member:ejected`, `ha:active`); absent = nobody noticed. */
  readonly noticedMs?: number;
  /** Until the last request came that failed, before the next fault; 0 = none failed. */
  readonly outageMs: number;
  /** Requests that failed, of those that came from the fault to the next one. */
  readonly failed: number;
}

/** One member over the whole run. */
export interface MemberReport {
  readonly name: string;
  readonly picked: number;
  /** What its weight would have given it while it took clients. */
  readonly expected: number;
  /** Percent of `expected`. */
  readonly deviation: number;
  /** Percent of its picks that failed there. */
  readonly failed: number;
}

/** A rule that was broken. */
export interface Violation {
  readonly atMs: number;
  /** `known-down`, `lost-retry`, `limit`, `two-active`. */
  readonly invariant: string;
  readonly detail: string;
}

/** What happened over time: one value for each piece of `bucketMs`. */
export interface Timeline {
  readonly bucketMs: number;
  readonly requests: readonly number[];
  readonly failed: readonly number[];
  readonly limited: readonly number[];
  readonly late: readonly number[];
  /** ms; null = nobody was answered. */
  readonly p50: readonly (number | null)[];
  readonly p99: readonly (number | null)[];
  /** Clients in the queues of pools, at the end of each piece. */
  readonly queued: readonly number[];
  /** Requests given to each member. */
  readonly picks: Readonly<Record<string, readonly number[]>>;
}

/** Everything a simulation found. */
export interface SimulationReport {
  readonly name: string;
  readonly description: string;
  readonly seed: number;
  readonly durationMs: number;
  readonly totals: {
    readonly requests: number;
    /** With a status below 500. */
    readonly answered: number;
    readonly failed: number;
    /** Denied by a rate limit. */
    readonly limited: number;
    readonly late: number;
    readonly retried: number;
    /** Still under way when the run was cut, long after its end. */
    readonly unfinished: number;
    /** Percent of requests, without those that were limited, that were answered. */
    readonly availability: number;
  };
  /** Why requests failed, and how many. */
  readonly failures: Readonly<Record<string, number>>;
  readonly latencyMs: {
    readonly mean: number | null;
    readonly p50: number | null;
    readonly p90: number | null;
    readonly p99: number | null;
    readonly p999: number | null;
    readonly max: number | null;
  };
  readonly failovers: readonly FailoverReport[];
  readonly members: readonly MemberReport[];
  readonly affinity: {
    /** Requests that went to another member than their client's last one. */
    readonly moves: number;
    /** Of those: while the last one would have taken it. */
    readonly needless: number;
  };
  /** Who owned the address, from when on; empty for a single node. */
  readonly owners: readonly { readonly atMs: number; readonly node: string }[];
  readonly violations: readonly Violation[];
  readonly events: readonly SimEvent[];
  /** Events beyond those that are kept. */
  readonly droppedEvents: number;
  readonly timeline: Timeline;
}
