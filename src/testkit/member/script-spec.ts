// What a scripted member does, step by step, as a test writes it.
import type { Duration } from '../../spec/leaf.js';

/** What the member speaks. */
export type MemberProtocol = 'http' | 'tcp' | 'udp';

/**
 * - `answer`: http: `status` and `body`; tcp, udp: sends back what comes, or `body`
 * - `refuse`: for a time: the port is closed; for a number of connections: they are accepted and reset before a byte is read
 * - `reset`: resets the connection when the request (tcp: the first bytes) has come; udp: as `hang`
 * - `hang`: takes everything and never answers
 * - `half-close`: http: half of the body, then its side ends; tcp: its side ends at once, it goes on reading; udp: as `hang`
 */
export type StepAction = 'answer' | 'refuse' | 'reset' | 'hang' | 'half-close';

/** One step of a script; without `first` and `for` it is the last and stays. */
export interface ScriptStep {
  /** @defaultValue 'answer' */
  readonly do?: StepAction;
  /** http: status of the answer, 200-599. @defaultValue 200 */
  readonly status?: number;
  /** http. @defaultValue none but Content-Length */
  readonly headers?: Readonly<Record<string, string>>;
  /** @defaultValue http: the member's name and a line feed; tcp, udp: what came */
  readonly body?: string;
  /** How long an answer takes. @defaultValue 0 */
  readonly delay?: Duration;
  /** Sends the answer in pieces. @defaultValue off */
  readonly drip?: { readonly bytes: number; readonly every: Duration };
  /** How many requests (http), connections (tcp, and `refuse`) or datagrams (udp) it lasts. */
  readonly first?: number;
  /** How long it lasts. */
  readonly for?: Duration;
}

/** How a member behaves over time. */
export interface MemberScript {
  /** @defaultValue 'member' */
  readonly name?: string;
  /** @defaultValue 'http' */
  readonly protocol?: MemberProtocol;
  /** Port of 127.0.0.1. @defaultValue 0 = any free one */
  readonly port?: number;
  /** One after the other. @defaultValue one that answers */
  readonly steps?: readonly ScriptStep[];
  /** Whether the steps begin anew after the last. @defaultValue false */
  readonly repeat?: boolean;
}
