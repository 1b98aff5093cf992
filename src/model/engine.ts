// What runs a spec: the in-process Balancer today, a real HAProxy later. One interface, one set of events.
import type { Emitter } from '../core/emitter.js';
import type { BalancerSpec } from '../spec/balancer.js';
import type { BalancerConfig } from '../spec/config.js';
import type { SpecDiff } from '../spec/diff.js';
import type { ServiceSpec } from '../spec/service.js';
import type { BalancerEvents, BoundAddress, DrainResult } from './events.js';
import type { BalancerStatus } from './status.js';

/** The real addresses of every frontend, by its name, in the order of its `bind`. */
export type StartedAddresses = Readonly<Record<string, readonly BoundAddress[]>>;

/** What `apply` may be told. */
export interface ApplyOptions {
  /** Checks and compares only; nothing changes. @defaultValue false */
  readonly dryRun?: boolean;
}

/**
 * Something that runs a spec.
 *
 * ```
 *   idle --start--> running --drain--> draining --close--> closed
 *     |               '------------close------------------^
 *     '-- a start that fails leaves nothing open ---------^
 * ```
 * Every method may be called at any time: what is already done does nothing, what comes too late throws `EK_CLOSED`.
 */
export interface Engine extends AsyncDisposable {
  readonly name: string;
  /** What runs now, live edits included; itself a valid spec. */
  readonly spec: BalancerConfig;
  readonly events: Emitter<BalancerEvents>;
  /** Opens everything, or nothing. @throws EK_BIND, EK_IN_USE, EK_LIMIT, EK_CLOSED */
  start(options?: { readonly signal?: AbortSignal }): Promise<StartedAddresses>;
  /** Changes what runs to `next`, or nothing at all. @throws SpecError, EK_BIND, EK_CLOSED */
  apply(next: BalancerSpec | ServiceSpec, options?: ApplyOptions): Promise<SpecDiff>;
  /** Takes no new clients and lets those it has finish; at the deadline what is left is cut. */
  drain(options?: { readonly deadlineMs?: number }): Promise<DrainResult>;
  /** Cuts what is open and lets go of every socket and timer. */
  close(): Promise<void>;
  status(): BalancerStatus;
}
