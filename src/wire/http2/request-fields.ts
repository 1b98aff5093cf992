// The head of a request of HTTP/1.1, as text, turned into the fields of HTTP/2.
import { BodyMode } from '../http1/body.js';
import { type Fields, headFields } from './fields.js';

/** A request as HTTP/2 has it. */
export interface RequestFields {
  readonly fields: Fields;
  /** How its body is framed in the text. */
  readonly mode: BodyMode;
  /** As declared; 0 = none, or chunked. */
  readonly bodyBytes: number;
  /** Where the body begins in the text. */
  readonly bodyStart: number;
}

const CHUNKED_LINE = '\r\ntransfer-encoding: chunked\r\n';

/**
 * Turns a head that was written by this balancer, and body bytes behind it, into fields. Host becomes `:authority`; what speaks of
 * the connection is left out.
 */
export function requestFields(text: string, scheme: 'http' | 'https'): RequestFields {
  const methodEnd = text.indexOf(' ');
  const targetEnd = text.indexOf(' ', methodEnd + 1);
  const bodyStart = text.indexOf('\r\n\r\n') + 4;
  const lines = headFields(text);
  const { host, ...others } = lines;
  const fields: Fields = {
    ':method': text.slice(0, methodEnd),
    ':scheme': scheme,
    ':authority': typeof host === 'string' ? host : '',
    ':path': text.slice(methodEnd + 1, targetEnd),
    ...others,
  };
  const length = Number(lines['content-length'] ?? 0);
  if (length > 0) return { fields, mode: BodyMode.length, bodyBytes: length, bodyStart };
  const isChunked = text.slice(0, bodyStart).toLowerCase().includes(CHUNKED_LINE);
  return { fields, mode: isChunked ? BodyMode.chunked : BodyMode.none, bodyBytes: 0, bodyStart };
}
