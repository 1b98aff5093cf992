// One try on a member, as the exchange that makes it sees it: whatever the protocol, it is spoken to in HTTP/1.1.
import type { WheelTimer } from '../core/timer-wheel.js';
import type { Member } from '../model/member.js';
import type { Source } from './sourced-outlet.js';

/** Who uses a link just now. */
export interface LinkUser {
  /** The dialled connection stands: write now. */
  onMemberConnected(): void;
  /** `bytes[0..length)` of an HTTP/1.1 answer has arrived; valid during the call only. */
  onMemberBytes(bytes: Buffer, length: number): void;
  /** The member will send no more. */
  onMemberEnd(): void;
  /** The link is gone; for one that never stood, `link.isConnected` is false. */
  onMemberClosed(): void;
  /** The member takes bytes again. */
  onMemberUnblocked(): void;
  /** The deadline set with `timer` has passed. Before the connection stands it is the connect timeout. */
  onMemberDeadline(): void;
  /** The buffer to read into; undefined = the shared one. */
  memberReadBuffer(): Buffer | undefined;
}

/** The writing end of a link: takes the text and the framed body of an HTTP/1.1 request. */
export interface LinkOutlet {
  /** Rests while the member takes no bytes. */
  source: Source | undefined;
  /** The member does not take what was written: its source rests. */
  readonly isBlocked: boolean;
  /** The buffer that the source should read into while a bulk body passes; undefined = the shared one. */
  readonly readBuffer: Buffer | undefined;
  /** Writes `bytes[from..to)`; the caller may overwrite them afterwards unless they are in {@link readBuffer}. */
  send(bytes: Buffer, from: number, to: number): void;
  /** Writes latin1 text; the first is the head, with or without body bytes behind it. */
  sendText(text: string): void;
  /** Writes a buffer that nobody will change. */
  sendOwned(bytes: Buffer): void;
  /** The request is written whole. */
  endMessage(): void;
}

/** A connection to a member, or one stream of a connection that several requests share. */
export interface MemberLink {
  readonly member: Member;
  readonly outlet: LinkOutlet;
  readonly timer: WheelTimer;
  /** Where the answer comes from. */
  readonly source: Source;
  readonly isConnected: boolean;
  /** Why it could not be connected: for people; '' = nobody knows. */
  readonly fault: string;
  /** It could not be connected, and the member is well: the client asked for a host that it is not, or this machine has no descriptor left. */
  readonly isBlameless: boolean;
  /** Whether its connection has served a request before: its member may be closing it this very moment. */
  readonly isReused: boolean;
  /** Whether its member can say that it did not act on a request. */
  readonly mayRefuse: boolean;
  /** It has said so, or nothing of the request was sent: whatever the method, the request may be sent again. */
  readonly isRefused: boolean;
  /** Whether all that was written has left. */
  readonly hasSentAll: boolean;
  /** Changes hands: `user` hears of it from now on. */
  lendTo(user: LinkUser): void;
  /** Passes the client's end on, in a tunnel. */
  end(): void;
  /** Throws the link away; its user hears nothing more. */
  destroy(): void;
}

/** The links to the members of one pool. */
export interface MemberLinks {
  /** `dial` sends what goes before everything else; else it goes with the first request. */
  readonly takesPreamble: boolean;
  /**
   * A link over a connection that stands already; undefined = there is none.
   * @param host - what the client asked for, lower case without port: TLS with `sni: host` asks for it; else ''
   */
  take(member: Member, user: LinkUser, host: string): MemberLink | undefined;
  /**
   * Starts a connection; `user` hears how it goes. Its timer is armed with `timeouts.connect`.
   * @param host - as for `take`
   * @param preamble - what is sent in the clear before everything else, with `takesPreamble`; '' = nothing
   */
  dial(member: Member, user: LinkUser, host: string, preamble: string): MemberLink;
  /** Takes a link back whose request and answer both ended as they should. */
  giveBack(link: MemberLink): void;
}
