// What is told of one HTTP request: message of `evenkeel:request:start`, `:error` and `:end`; and of its tries: of `:try`.
import type { Outcome } from './outcome.js';

/**
 * How far a request had come when it ended:
 * `request` its head or body was read, `policy` a rule judged it, `queue` it waited for a member, `connect` a member was dialled,
 * `head` the member's head was waited for, `body` the answer was under way, `done`.
 */
export type TracePhase = 'request' | 'policy' | 'queue' | 'connect' | 'head' | 'body' | 'done';

/** Who or what ended it: `ok` an answer from a member, `answered` one of the balancer's own, the rest a fault. */
export type TraceEnd =
  | 'ok'
  | 'answered'
  | 'client-abort'
  | 'client-timeout'
  | 'member-fault'
  | 'member-timeout'
  | 'cut';

/** The client of a request: with the PROXY protocol, what its header says. */
export interface ClientReport {
  readonly source: string;
  readonly sourcePort: number;
  /** The address and port that the client asked for. */
  readonly destination: string;
  readonly destinationPort: number;
  /** undefined = in the clear. */
  readonly tls?:
    | {
        /** The name that the client asked for (SNI), lower case; '' = none. */
        readonly serverName: string;
        /** `TLSv1.3`. */
        readonly version: string;
        readonly cipher: string;
        /** Subject of its certificate when that was verified; '' = none. */
        readonly clientSubject: string;
      }
    | undefined;
}

/**
 * One request, from its head to the end of its answer. It is one object for one request: the same in every message, filled in as
 * the request goes on, and whoever hears it may keep it. Nobody may change it but by `setHeader`.
 * Times are monotonic ms; NaN = it never came to that.
 */
export interface RequestReport {
  /** '' = a frontend that runs without a balancer. */
  readonly balancer: string;
  readonly frontend: string;
  readonly client: ClientReport;
  /** Unix ms at which the head was whole. */
  readonly at: number;
  /** The head was whole, or refused. */
  readonly startMs: number;
  /** `GET`; '' = it could not be read. */
  readonly method: string;
  /** Host as it came, with its port. */
  readonly authority: string;
  /** Path and query as they came. */
  readonly target: string;
  readonly version: '1.0' | '1.1' | '2';
  /** `routes[2]`: the route that took it; '' = none, and the frontend's own pool got it. */
  readonly route: string;
  /** '' = it came to no pool. */
  readonly pool: string;
  /** The member that was tried last; '' = none. */
  readonly member: string;
  /** '' = it has none. */
  readonly requestId: string;
  /** Tries on members. */
  readonly tries: number;
  /** Whether another member than the first was tried. */
  readonly isRedispatched: boolean;
  /** A member was asked for: what came before is the time of the rules. */
  readonly queuedMs: number;
  /** A member was lent: the wait in the queue is over. */
  readonly leasedMs: number;
  /** The connection to the last member stood (at once for one that was reused). */
  readonly connectedMs: number;
  /** The head of its answer was there. */
  readonly answeredMs: number;
  readonly endMs: number;
  /** Status that the client got; 0 = none. */
  readonly status: number;
  /** Bytes written to the client, head included; those of a tunnel, too. */
  readonly bytesOut: number;
  /** Body bytes read from the client; those of a tunnel, too. */
  readonly bytesIn: number;
  readonly phase: TracePhase;
  readonly end: TraceEnd;
  /** Why it ended as it did, for people; '' when a member answered. */
  readonly reason: string;
  /** Tries on members, in their order: kept only while somebody listens to `evenkeel:request:try`. */
  readonly attempts: readonly TryReport[];
  /** A header of the request as it came; lines of the same name are joined by `, `. @param name - lower case */
  header(name: string): string | undefined;
  /**
   * Sends members a header in the place of what the client sent under that name. Only while `evenkeel:request:start` is told; later it
   * changes nothing.
   * @param value - printable latin1 text without line ends
   * @throws EvenkeelError `EK_STATE` for a name or value that would break the head, or a header that frames messages
   */
  setHeader(name: string, value: string): void;
}

/**
 * One try of a request on a member: message of `evenkeel:request:try`. Like the report of its request it is one object, filled in on
 * the way, and may be kept. A kept connection that closes just as it is used is replaced in the same try.
 */
export interface TryReport {
  readonly request: RequestReport;
  /** 1 = the first. */
  readonly number: number;
  readonly pool: string;
  readonly member: string;
  readonly host: string;
  readonly port: number;
  /** Whether a kept connection took it. */
  readonly isReused: boolean;
  /** The member was lent. */
  readonly leasedMs: number;
  /** The connection stood, and the request was sent. */
  readonly connectedMs: number;
  /** The head of the answer was there. */
  readonly answeredMs: number;
  readonly endMs: number;
  /** Status that the member answered; 0 = none. */
  readonly status: number;
  /** How it ended; '' = it has not. */
  readonly outcome: Outcome | '';
  /**
   * Sends this member a header in the place of any other of that name; `undefined` leaves them out. Only while the try is told.
   * @param value - printable latin1 text without line ends
   * @throws EvenkeelError `EK_STATE` for a name or value that would break the head, or a header that frames messages
   */
  setHeader(name: string, value: string | undefined): void;
}
