// The record that the parser of request heads fills, and the constants its fields hold.
import { MessageHead } from './message-head.js';

/** Methods with rules of their own; every other token is `OTHER` and is forwarded as it came. */
export const Method = {
  OTHER: 0,
  GET: 1,
  HEAD: 2,
  POST: 3,
  PUT: 4,
  DELETE: 5,
  CONNECT: 6,
  OPTIONS: 7,
  TRACE: 8,
  PATCH: 9,
} as const;
export type Method = (typeof Method)[keyof typeof Method];

/** Forms of a request target (RFC 9112 3.2). */
export const TargetForm = { origin: 0, absolute: 1, authority: 2, asterisk: 3 } as const;
export type TargetForm = (typeof TargetForm)[keyof typeof TargetForm];

/** Numbers per entry of {@link RequestHead.forwarded}. */
export const FORWARDED_STRIDE = 5;

/**
 * A parsed request head: offsets into the buffer it was parsed from. After a refusal only `status` and `reason` count.
 */
export class RequestHead extends MessageHead {
  method: Method = Method.OTHER;
  methodStart = 0;
  methodEnd = 0;
  targetStart = 0;
  targetEnd = 0;
  form: TargetForm = TargetForm.origin;
  /** Where the path begins; `targetEnd` when an absolute-form target has none. */
  pathStart = 0;
  /** Authority of an absolute-form or authority-form target, or -1. */
  authorityStart = -1;
  authorityEnd = -1;
  /** Port that the scheme of an absolute-form target stands for. */
  defaultPort = 80;
  /** The host with its port: the Host line's value, else the target's authority; -1 when an HTTP/1.0 request has neither. */
  hostStart = -1;
  hostEnd = -1;
  /** Whether there is a Host line: without one the forwarder writes it (HTTP/1.0 only). */
  hasHostLine = false;
  /** A CONNECT whose Host names another authority than its target: bad where CONNECT is allowed at all. */
  hostDiffers = false;
  /** `TE: trailers` is passed on. */
  takesTrailers = false;
  /** `Expect: 100-continue` on HTTP/1.1. */
  expectsContinue = false;
  /** Any other expectation: 417. */
  expectsUnknown = false;
  /** Value of Max-Forwards, or -1. */
  maxForwards = -1;
  maxForwardsStart = -1;
  maxForwardsEnd = -1;
  /**
   * X-Forwarded-* and Forwarded lines in order, {@link FORWARDED_STRIDE} numbers each: the `Field`, line start and end,
   * value start and end (without blanks around it). They are not among the edits: keep or drop them by trust.
   */
  forwarded: Int32Array = new Int32Array(8 * FORWARDED_STRIDE);
  forwardedCount = 0;
  /** The answer's status after a refusal: 400, 414, 431, 501 or 505; else 0. */
  status = 0;

  expectLines = 0;
  expectLineStart = -1;
  expectLineEnd = -1;

  reset(start: number): void {
    this.resetHead(start);
    this.hostStart = -1;
    this.hostEnd = -1;
    this.hasHostLine = false;
    this.hostDiffers = false;
    this.takesTrailers = false;
    this.expectsContinue = false;
    this.expectsUnknown = false;
    this.maxForwards = -1;
    this.maxForwardsStart = -1;
    this.maxForwardsEnd = -1;
    this.forwardedCount = 0;
    this.status = 0;
    this.expectLines = 0;
  }

  refuse(status: number, reason: string): -1 {
    this.status = status;
    this.reason = reason;
    return -1;
  }
}
