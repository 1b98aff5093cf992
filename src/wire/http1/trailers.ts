// The trailer section of a chunked body: checked like header lines, and only fields that may be trailers pass.
import { CLASS, COLON, CR, LF, TOKEN, VALUE } from './byte-class.js';

/** Longest trailer section, bytes. */
const MAX_TRAILERS = 8192;
/** Most trailer lines. */
const MAX_LINES = 64;

/**
 * Fields that change framing, routing, authentication, request or response processing (RFC 9110 6.5.1), and those of
 * one hop only. Sorted by kind.
 */
const FORBIDDEN: ReadonlySet<string> = new Set(
  `transfer-encoding content-length host trailer te
  connection keep-alive proxy-connection upgrade http2-settings
  authorization proxy-authorization proxy-authenticate proxy-authentication-info
  www-authenticate authentication-info cookie set-cookie
  cache-control expect max-forwards pragma range
  if-match if-none-match if-modified-since if-unmodified-since if-range
  age date expires location retry-after vary warning clear-site-data
  content-encoding content-type content-range content-location
  forwarded x-forwarded-for x-forwarded-proto x-forwarded-host x-forwarded-port
  x-client-cert-subject`.split(/\s+/),
);

/** Reads the lines of one trailer section. Rare, so it may build strings. */
export class TrailerFilter {
  isDone = false;
  /** Lines that may be forwarded, each with CRLF. */
  kept = '';
  reason = '';
  #line = '';
  #bytes = 0;
  #lines = 0;

  /** Consumes up to the empty line that ends the section: the index behind what was consumed, -1 = malformed. */
  feed(bytes: Uint8Array, from: number, to: number): number {
    let i = from;
    while (i < to && !this.isDone) {
      const lineFeed = bytes.indexOf(LF, i);
      const end = lineFeed < 0 || lineFeed >= to ? to : lineFeed + 1;
      this.#bytes += end - i;
      if (this.#bytes > MAX_TRAILERS) return this.#refuse('trailers too long');
      this.#line += Buffer.from(bytes.buffer, bytes.byteOffset + i, end - i).toString('latin1');
      i = end;
      if (bytes[end - 1] !== LF) break;
      if (!this.#takeLine(this.#line)) return this.#refuse('bad trailer');
      this.#line = '';
    }
    return i;
  }

  #takeLine(line: string): boolean {
    if (line === '\r\n') {
      this.isDone = true;
      return true;
    }
    if (++this.#lines > MAX_LINES) return false;
    let colon = 0;
    while ((CLASS[line.charCodeAt(colon)]! & TOKEN) !== 0) colon++;
    if (colon === 0 || line.charCodeAt(colon) !== COLON) return false;
    let end = colon + 1;
    while ((CLASS[line.charCodeAt(end)]! & VALUE) !== 0) end++;
    if (end !== line.length - 2 || line.charCodeAt(end) !== CR) return false;
    const name = line.slice(0, colon).toLowerCase().replaceAll('_', '-');
    if (!FORBIDDEN.has(name)) this.kept += line;
    return true;
  }

  #refuse(reason: string): -1 {
    this.reason = reason;
    return -1;
  }
}
