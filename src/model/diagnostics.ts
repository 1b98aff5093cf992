// What is told through node:diagnostics_channel: the names of the channels, and what each message holds.
import diagnostics from 'node:diagnostics_channel';
import type { HealthState } from './member.js';

/** Message of `evenkeel:pick`: a pool answered who asked for a member. Made for one message; whoever hears it may keep it. */
export interface PickReport {
  readonly pool: string;
  /** The client's address. */
  readonly source: string;
  /** Name of the member that was lent; undefined = none was, see `refusal`. */
  readonly member: string | undefined;
  /** Why no member was lent: `no-member`, `queue-timeout`, and the other refusals of `acquire`. */
  readonly refusal: string | undefined;
  /** Members that had been tried for the same request or connection before. */
  readonly tried: number;
  /** Time in the pool's queue, ms; 0 = it was not queued. */
  readonly queuedMs: number;
}

/** Message of `evenkeel:health:result`: a check ended. Made for one message; whoever hears it may keep it. */
export interface HealthReport {
  readonly monitor: string;
  /** `http`, `tcp`, `custom`. */
  readonly type: string;
  /** Name of the member that the target was first watched for; pools that share a monitor share its checks. */
  readonly member: string;
  /** `10.0.0.1:8081`: where the check went, with the monitor's port if it has one. */
  readonly address: string;
  /** Unix ms. */
  readonly at: number;
  readonly ok: boolean;
  /** `status 200`, `connect refused`, `timeout after 2s`. */
  readonly reason: string;
  readonly durationMs: number;
  /** What the checks so far make of the target, this one among them. */
  readonly health: HealthState;
}

/** @internal Where http frontends publish a `RequestReport`: the head is whole; nothing else is known yet. */
export const requestStart: diagnostics.Channel = diagnostics.channel('evenkeel:request:start');

/** @internal Where http frontends publish a `TryReport`: a member was lent, nothing was sent to it yet. */
export const requestTry: diagnostics.Channel = diagnostics.channel('evenkeel:request:try');

/** @internal The same report at the end of a request that failed, before `end`. */
export const requestError: diagnostics.Channel = diagnostics.channel('evenkeel:request:error');

/** @internal The same report, filled in, when the request is over. */
export const requestEnd: diagnostics.Channel = diagnostics.channel('evenkeel:request:end');

/** @internal Where pools publish a {@link PickReport}. Ask `hasSubscribers` before one is made. */
export const pickChannel: diagnostics.Channel = diagnostics.channel('evenkeel:pick');

/** @internal Where checks publish a {@link HealthReport}. */
export const healthChannel: diagnostics.Channel = diagnostics.channel('evenkeel:health:result');
