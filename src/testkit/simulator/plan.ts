// A scenario, written out: durations in ms, names resolved, models ready to draw from.
import type { ReplicaKind } from '../../ha/replication/source.js';
import type { BalancerConfig, MemberConfig } from '../../spec/config.js';
import type { Sampler } from './chance.js';
import type { ExpectationSpec, FaultAction, TraceEntry } from './scenario-spec.js';

/** Who comes, written out. */
export interface PlannedArrival {
  readonly frontend: string;
  /** Steps of the rate, the first at 0; undefined = closed loop or replay. */
  readonly rates: readonly { readonly atMs: number; readonly perMs: number }[] | undefined;
  readonly isPoisson: boolean;
  readonly think: Sampler | undefined;
  readonly replay: readonly TraceEntry[] | undefined;
  readonly clients: number;
  /** 0-1. */
  readonly idempotent: number;
  readonly paths: readonly string[];
  readonly host: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly fromMs: number;
  readonly untilMs: number;
}

/** How a member works, written out. */
export interface PlannedModel {
  readonly service: Sampler;
  /** Infinity = unlimited. */
  readonly concurrency: number;
  readonly backlog: number;
  /** 0-1. */
  readonly errors: number;
  readonly errorStatus: number;
}

/** A line, written out. */
export interface PlannedLink {
  readonly latency: Sampler;
  /** 0-1. */
  readonly loss: number;
}

/** The kinds of lines. */
export type LinkKind = 'clients' | 'members' | 'peers';

/** A member of one pool. */
export interface MemberPlace {
  /** `web/web-1`. */
  readonly key: string;
  readonly pool: string;
  readonly config: MemberConfig;
}

/** Something that happens, written out. */
export interface PlannedFault {
  readonly atMs: number;
  /** Infinity = to the end. */
  readonly forMs: number;
  readonly action: FaultAction;
  /** `kill web-1`, for people. */
  readonly label: string;
  readonly members: readonly MemberPlace[];
  readonly nodes: readonly string[];
  readonly links: readonly LinkKind[];
  /** The other side of a partition. */
  readonly from: {
    readonly members: readonly MemberPlace[];
    readonly nodes: readonly string[];
    readonly clients: boolean;
  };
  readonly by: number;
  /** 0-1. */
  readonly share: number;
  readonly status: number;
  readonly weight: number;
  readonly latency: Sampler | undefined;
  /** 0-1; undefined = as it was. */
  readonly loss: number | undefined;
}

/** Several nodes, written out. */
export interface PlannedPair {
  readonly nodes: readonly { readonly name: string; readonly priority: number }[];
  readonly advertIntervalMs: number;
  readonly preempt: boolean;
  readonly preemptDelayMs: number;
  readonly gateway: boolean;
  readonly replicate: readonly ReplicaKind[];
}

/** Everything a simulation needs, checked. */
export interface ScenarioPlan {
  readonly name: string;
  readonly description: string;
  readonly config: BalancerConfig;
  readonly durationMs: number;
  readonly seed: number;
  readonly arrivals: readonly PlannedArrival[];
  /** By address of the member. */
  readonly models: ReadonlyMap<string, PlannedModel>;
  readonly links: Readonly<Record<LinkKind, PlannedLink>>;
  /** In order of time. */
  readonly faults: readonly PlannedFault[];
  readonly pair: PlannedPair | undefined;
  readonly lateMs: number;
  readonly expect: ExpectationSpec;
}

/** @internal Names that a scenario may use. */
export interface ScenarioNames {
  readonly config: BalancerConfig;
  readonly members: readonly MemberPlace[];
  readonly nodes: readonly string[];
  readonly durationMs: number;
  /** Where arrivals begin that do not say. */
  readonly fromMs: number;
}
