// A response of HTTP/2 as the text of an HTTP/1.1 head: what would mean something else there is refused (RFC 9113 8, 10.3).
import { CONNECTION_FIELDS, isFieldName, isFieldValue } from './field-check.js';

/** A response as HTTP/1.1 has it. */
export interface ResponseText {
  /** The head with its empty line. */
  readonly text: string;
  /** The body is to be framed in chunks; else it has a length, or there is none. */
  readonly isChunked: boolean;
}

/**
 * Writes `fields` (name, value, name, value, ...) as a head; undefined = it can't be written as one.
 * @param isEnded - nothing follows
 * @param isHead - the answer to HEAD: its fields speak of a body that does not come
 */
export function renderResponse(
  fields: readonly string[],
  isEnded: boolean,
  isHead: boolean,
): ResponseText | undefined {
  const status = fields[0] === ':status' ? (fields[1] ?? '') : '';
  if (!/^[1-9]\d\d$/.test(status)) return undefined;
  let lines = '';
  let length = '';
  let mayTrail = false;
  for (let at = 2; at < fields.length; at += 2) {
    const name = fields[at]!;
    const value = fields[at + 1]!;
    if (!isFieldName(name) || !isFieldValue(value)) return undefined;
    if (CONNECTION_FIELDS.has(name)) return undefined;
    if (name === 'content-length') {
      if (length !== '' || !/^\d{1,16}$/.test(value)) return undefined;
      length = value;
      continue;
    }
    if (name === 'trailer' || (name === 'content-type' && value.startsWith('application/grpc'))) {
      mayTrail = true;
    }
    lines += `${name}: ${value}\r\n`;
  }
  const hasNoBody = isHead || status.startsWith('1') || status === '204' || status === '304';
  const begin = `HTTP/1.1 ${status} \r\n${lines}`;
  // In HTTP/1.1 nothing can follow a body that has a length.
  if (length !== '' && (hasNoBody || isEnded || !mayTrail)) {
    return { text: `${begin}content-length: ${length}\r\n\r\n`, isChunked: false };
  }
  if (hasNoBody) return { text: `${begin}\r\n`, isChunked: false };
  if (isEnded) return { text: `${begin}content-length: 0\r\n\r\n`, isChunked: false };
  return { text: `${begin}transfer-encoding: chunked\r\n\r\n`, isChunked: true };
}

/** The fields of a trailer section as lines; '' = one of them can't be a line. */
export function renderTrailers(fields: readonly string[]): string {
  let lines = '';
  for (let at = 0; at < fields.length; at += 2) {
    const name = fields[at]!;
    const value = fields[at + 1]!;
    if (!isFieldName(name) || !isFieldValue(value)) return '';
    lines += `${name}: ${value}\r\n`;
  }
  return lines;
}
