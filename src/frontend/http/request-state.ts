// What is known of the request in flight: one record per client connection, filled again for every request.
import type { Member } from '../../model/member.js';
import type { AttributeKind, PickContext } from '../../model/pick-context.js';
import { requestAttribute } from './request-text.js';

/** The facts of one request that its way to a member and back depends on. */
export class RequestState implements PickContext {
  readonly source: string;
  nowMs = 0;
  /** Members that failed this request. */
  readonly tried: Member[] = [];
  /** 0 for an HTTP/1.0 client. */
  minor = 1;
  isHead = false;
  isConnect = false;
  isIdempotent = false;
  /** The member must say 100 before the client sends the body. */
  expectsContinue = false;
  /** Protocol that the request asks to switch to; '' = none. */
  upgrade = '';
  /** The client connection may carry another request after the answer. */
  keepsAlive = true;
  /** The first request of its client connection. */
  isFirst = true;
  /** Whole body: it is in `text` already, or there is none. */
  hasWholeBody = true;
  /** Body bytes as declared; infinity for a chunked body that has not ended yet. */
  declaredBytes = 0;
  /** The head as it is forwarded, with the body bytes that came with it when they are few. */
  text = '';

  /** @param source - the client's address */
  constructor(source: string) {
    this.source = source;
  }

  attribute(kind: AttributeKind, name: string): string | undefined {
    return requestAttribute(this.text, kind, name);
  }

  /** What was sent is no request: the answer goes to nobody in particular. */
  forget(): void {
    this.minor = 1;
    this.isHead = false;
    this.expectsContinue = false;
    this.hasWholeBody = true;
    this.keepsAlive = false;
  }
}
