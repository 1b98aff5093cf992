// What an exchange needs of the client's side: a connection of HTTP/1.1, or a stream of HTTP/2.
import type { Lease } from '../../pool/lease.js';
import type { MemberLink } from '../../upstream/member-link.js';
import type { Source } from '../../upstream/sourced-outlet.js';
import type { ClientConnection } from '../handler.js';
import type { AnswerOutlet, AnswerWriter } from './answer-writer.js';
import type { AnswerStatus } from './answers.js';
import type { TraceEnd } from './request-trace.js';

/** The client side, as an exchange sees it. */
export interface ExchangeOwner {
  /** Whether what is missing of the request's body can still be read once the answer is out. */
  readonly canFinishRequest: boolean;
  readonly client: ClientConnection;
  /** Where the request's body comes from. */
  readonly source: Source;
  readonly outlet: AnswerOutlet;
  readonly answer: AnswerWriter;
  /** The member takes the rest of the body from now on. */
  onBodyWanted(): void;
  /** The answer has been written whole. */
  onAnswered(): void;
  /** There is no answer from a member: give one yourself. */
  onUnanswered(status: AnswerStatus, reason: string, end?: TraceEnd): void;
  /** The answer had begun and can't be finished. */
  onTruncated(): void;
  /** Both sides are a tunnel now. `surplus` are the member's first bytes; `lease` and `link` change hands. */
  onSwitched(lease: Lease, link: MemberLink, surplus: Buffer): void;
  /** Calls `onWake` of the exchange after the pause between two tries. */
  wakeExchangeIn(delayMs: number): void;
}
