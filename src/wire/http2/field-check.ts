// What a header field of HTTP/2 may be, so that it can be a line of HTTP/1.1.
import { CLASS, SPACE, TAB, TOKEN, VALUE } from '../http1/byte-class.js';

/** Fields that speak of one connection (RFC 9113 8.2.2). */
export const CONNECTION_FIELDS: ReadonlySet<string> = new Set([
  'connection',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
]);

/** A token without capitals (RFC 9113 8.2.1). */
export function isFieldName(name: string): boolean {
  const { length } = name;
  for (let i = 0; i < length; i++) {
    const code = name.charCodeAt(i);
    if (code > 255 || (CLASS[code]! & TOKEN) === 0 || (code >= 65 && code <= 90)) return false;
  }
  return length > 0;
}

/** Without control characters, and without blanks at its ends. */
export function isFieldValue(value: string): boolean {
  if (value === '') return true;
  const first = value.charCodeAt(0);
  const last = value.charCodeAt(value.length - 1);
  if (first === SPACE || first === TAB || last === SPACE || last === TAB) return false;
  return isAll(value, VALUE);
}

/** Whether every character is of that class ({@link CLASS}). */
export function isAll(text: string, bits: number): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 255 || (CLASS[code]! & bits) === 0) return false;
  }
  return true;
}
