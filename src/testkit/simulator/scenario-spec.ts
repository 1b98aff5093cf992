// A scenario, as a test or a file writes it: what runs, who comes, what goes wrong.
import type { BalancerSpec } from '../../spec/balancer.js';
import type { Duration } from '../../spec/leaf.js';
import type { ServiceSpec } from '../../spec/service.js';
import type { DurationModel } from './chance.js';

/** One request of a replayed log. */
export interface TraceEntry {
  /** ms from the first one. */
  readonly atMs: number;
  /** Address of the client. */
  readonly source: string;
  /** @defaultValue '/' */
  readonly path?: string;
  /** @defaultValue 'GET' */
  readonly method?: string;
}

/**
 * Who comes. One of `rate` (open loop: they come whatever happens), `think` (closed loop: each of `clients` asks, waits for the
 * answer, thinks, asks again) and `replay` (as a log says).
 */
export interface ArrivalSpec {
  /** @defaultValue the first */
  readonly frontend?: string;
  /** Requests a second: one number, or from each moment on another one. */
  readonly rate?: number | readonly { readonly at: Duration; readonly rate: number }[];
  /** With `rate`: as independent clients come, or evenly spaced. @defaultValue 'poisson' */
  readonly pattern?: 'poisson' | 'even';
  readonly think?: DurationModel;
  /** Entries, or a file in common, combined or JSON log format. */
  readonly replay?: string | readonly TraceEntry[];
  /** Clients, each with an address and cookies of its own. @defaultValue 1000 */
  readonly clients?: number;
  /** Percent of requests that may be sent twice (GET); the others are POST. @defaultValue 100 */
  readonly idempotent?: number;
  /** Drawn evenly. @defaultValue ['/'] */
  readonly paths?: readonly string[];
  /** Host that is asked for, for routes. @defaultValue none */
  readonly host?: string;
  /** Header lines of every request, names in lower case. @defaultValue none */
  readonly headers?: Readonly<Record<string, string>>;
  /** How long a client waits before it gives up. @defaultValue 30s */
  readonly timeout?: Duration;
  /** @defaultValue 0; with `pair` four advert intervals: nobody owns the address before */
  readonly from?: Duration;
  /** @defaultValue the duration of the scenario */
  readonly until?: Duration;
}

/** How a member works. */
export interface MemberModelSpec {
  /** How long it works on a request. @defaultValue { lognormal: { median: 10ms, p99: 60ms } } */
  readonly service?: DurationModel;
  /** Requests that it works on at once; others wait in it. @defaultValue unlimited */
  readonly concurrency?: number;
  /** Requests that may wait in it; more are answered 503. @defaultValue unlimited */
  readonly backlog?: number;
  /** Percent of answers that are errors. @defaultValue 0 */
  readonly errors?: number;
  /** Status of an error. @defaultValue 500 */
  readonly errorStatus?: number;
}

/** A line between two kinds of points. */
export interface LinkSpec {
  /** One way. @defaultValue 0.2ms */
  readonly latency?: DurationModel | number;
  /** Percent of packets that are lost; TCP sends again after 200 ms, 400 ms and so on. @defaultValue 0 */
  readonly loss?: number;
}

/**
 * - `kill`: a member's or node's process is gone, its kernel answers with resets; with `for` it is started again
 * - `cut`: the host is gone (or its cable): nothing answers at all
 * - `pause`: the process is stopped (SIGSTOP): its kernel takes connections, nothing is answered
 * - `slow`: works `by` times as long
 * - `errors`: `percent` of the answers are `status`
 * - `drain`, `maintenance`: the operator's will; with `for` it is set ready again
 * - `weight`: the operator sets it to `to`; with `for` back
 * - `partition`: those of `target` and those of `from` do not reach each other
 * - `network`: the lines of a kind (`clients`, `members`, `peers`) get another latency or loss
 * - `load`: `by` times as many requests (open loop)
 * - `resign`: the active node hands over; with `for` it takes part again
 */
export type FaultAction =
  | 'kill'
  | 'cut'
  | 'pause'
  | 'slow'
  | 'errors'
  | 'drain'
  | 'maintenance'
  | 'weight'
  | 'partition'
  | 'network'
  | 'load'
  | 'resign';

/** One thing that happens. */
export interface FaultEvent {
  readonly at: Duration;
  readonly do: FaultAction;
  /**
   * Members (`web-1`, `web/web-1`, `*`, `zone=eu-1` by label), nodes, or with `network` a kind of lines.
   * Not for `load`.
   */
  readonly target?: string | readonly string[];
  /** partition: the other side; members, nodes or `clients`. @defaultValue every node */
  readonly from?: string | readonly string[];
  /** How long it lasts. @defaultValue to the end */
  readonly for?: Duration;
  /** slow, load. */
  readonly by?: number;
  /** errors. */
  readonly percent?: number;
  /** errors. @defaultValue 500 */
  readonly status?: number;
  /** weight. */
  readonly to?: number;
  /** network. */
  readonly latency?: DurationModel;
  /** network. */
  readonly loss?: number;
}

/** One of two (or more) nodes that share an address. */
export interface PairNodeSpec {
  readonly name: string;
  /** 1-254. @defaultValue 100 */
  readonly priority?: number;
}

/** Several nodes with one address, of which one is active: the spec runs on each. */
export interface PairModelSpec {
  readonly nodes: readonly PairNodeSpec[];
  /** @defaultValue 1s */
  readonly advertInterval?: Duration;
  /** @defaultValue true */
  readonly preempt?: boolean;
  /** @defaultValue 0s */
  readonly preemptDelay?: Duration;
  /** Whether a node that reaches no client may take over; the gateway stands with the clients. @defaultValue false */
  readonly gateway?: boolean;
  /** What the active one copies to the others. @defaultValue what `ha.replicate` of the spec says */
  readonly replicate?: readonly ('sticky' | 'rate-limit' | 'health')[];
}

/** What a run has to show; `evenkeel simulate` fails where it does not. */
export interface ExpectationSpec {
  /** Clients are served again that soon after every fault. */
  readonly failOverWithin?: Duration;
  /** At most so many requests fail. */
  readonly loseAtMost?: number;
  /** No client is sent to another member while its own would have taken it. */
  readonly keepAffinity?: boolean;
  /** Every member gets what its weight gives it, within so many percent. */
  readonly stayBalancedWithin?: number;
}

/** Everything a simulation needs. */
export interface ScenarioSpec {
  readonly name?: string;
  readonly description?: string;
  /** What runs: the same spec that a balancer runs. */
  readonly spec: BalancerSpec | ServiceSpec;
  readonly duration: Duration;
  /** @defaultValue 1 */
  readonly seed?: number;
  readonly arrivals: ArrivalSpec | readonly ArrivalSpec[];
  /** By name (`web-1`, `web/web-1`), `*` for all others. */
  readonly members?: Readonly<Record<string, MemberModelSpec>>;
  readonly network?: {
    readonly clients?: LinkSpec;
    readonly members?: LinkSpec;
    readonly peers?: LinkSpec;
  };
  readonly faults?: readonly FaultEvent[];
  readonly pair?: PairModelSpec;
  /** Answers that take longer count as late. @defaultValue 1s */
  readonly late?: Duration;
  /** @defaultValue that no built-in rule is broken */
  readonly expect?: ExpectationSpec;
}
