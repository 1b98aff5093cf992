// The lines that tell members of the client (X-Forwarded-*, Forwarded, X-Client-Cert-Subject), rendered once per connection and Host.

import { latin1 } from '../../upstream/latin1.js';
import { appendElement, hasOpenQuote, renderForwarded } from '../../wire/forwarded.js';
import { Field } from '../../wire/http1/field-name.js';
import { FORWARDED_STRIDE, type RequestHead } from '../../wire/http1/request-record.js';
import type { ClientConnection } from '../handler.js';
import type { HttpSettings } from './http-settings.js';

const EMPTY = Buffer.alloc(0);

/**
 * Renders the lines to add, and marks the received ones that must go.
 * Almost every request of a connection has the same Host and no such lines: then the answer is a buffer made earlier.
 */
export class ForwardedLines {
  readonly #client: ClientConnection;
  #settings: HttpSettings | undefined = undefined;
  #isTrusted = false;
  #host: Buffer = EMPTY;
  #lines: Buffer = EMPTY;

  constructor(client: ClientConnection) {
    this.#client = client;
  }

  /** Lines to append to the request, each with its CRLF; removes the received ones that are not kept from `head`. */
  linesFor(settings: HttpSettings, head: RequestHead, bytes: Buffer): Buffer {
    if (settings !== this.#settings) {
      this.#settings = settings;
      this.#isTrusted = settings.trusted.has(this.#client.source);
      this.#render(settings, head, bytes);
    } else if (!this.#hasSameHost(head, bytes)) {
      this.#render(settings, head, bytes);
    }
    if (head.forwardedCount === 0) return this.#lines;
    if (this.#isTrusted) return this.#extend(settings, head, bytes);
    for (let i = 0; i < head.forwardedCount; i++) dropLine(head, i);
    return this.#lines;
  }

  #hasSameHost(head: RequestHead, bytes: Buffer): boolean {
    const host = this.#host;
    const { hostStart } = head;
    if (head.hostEnd - hostStart !== host.length) return false;
    for (let i = 0; i < host.length; i++) if (bytes[hostStart + i] !== host[i]) return false;
    return true;
  }

  #render(settings: HttpSettings, head: RequestHead, bytes: Buffer): void {
    this.#host =
      head.hostStart < 0 ? EMPTY : Buffer.from(bytes.subarray(head.hostStart, head.hostEnd));
    this.#lines = Buffer.from(this.#compose(settings, NOTHING), 'latin1');
  }

  /** From a trusted peer: lists grow by our element, single values stay as they came. */
  #extend(settings: HttpSettings, head: RequestHead, bytes: Buffer): Buffer {
    const received = new Map<number, string>();
    for (let i = 0; i < head.forwardedCount; i++) {
      const at = i * FORWARDED_STRIDE;
      const field = head.forwarded[at]!;
      if (!this.#replaces(settings, field)) continue;
      const value = latin1(bytes, head.forwarded[at + 3]!, head.forwarded[at + 4]!);
      dropLine(head, i);
      if (field === Field.forwarded && hasOpenQuote(value)) continue;
      const before = received.get(field);
      const isList = field === Field.forwarded || field === Field.forwardedFor;
      received.set(field, isList || before === undefined ? appendElement(before, value) : before);
    }
    return Buffer.from(this.#compose(settings, received), 'latin1');
  }

  #replaces(settings: HttpSettings, field: number): boolean {
    return field === Field.forwarded ? settings.setsForwarded : settings.setsXForwarded;
  }

  #compose(settings: HttpSettings, received: ReadonlyMap<number, string>): string {
    const host = this.#host.length === 0 ? undefined : this.#host.toString('latin1');
    let text = '';
    if (settings.setsXForwarded) {
      text += `X-Forwarded-For: ${appendElement(received.get(Field.forwardedFor), this.#client.source)}\r\n`;
      text += `X-Forwarded-Proto: ${received.get(Field.forwardedProto) ?? this.#scheme}\r\n`;
      const given = received.get(Field.forwardedHost) ?? host;
      if (given !== undefined) text += `X-Forwarded-Host: ${given}\r\n`;
      const port = received.get(Field.forwardedPort) ?? this.#client.destinationPort;
      text += `X-Forwarded-Port: ${port}\r\n`;
    }
    if (settings.setsForwarded) {
      const own = renderForwarded({
        for: this.#client.source,
        proto: this.#scheme,
        by: this.#client.destination,
        ...(host === undefined ? {} : { host }),
      });
      text += `Forwarded: ${appendElement(received.get(Field.forwarded), own)}\r\n`;
    }
    // Received ones are dropped by the parser, whoever sent them.
    const subject = this.#client.tls?.clientSubject ?? '';
    if (subject !== '') text += `X-Client-Cert-Subject: ${subject}\r\n`;
    return text;
  }

  get #scheme(): 'http' | 'https' {
    return this.#client.tls === undefined ? 'http' : 'https';
  }
}

const NOTHING: ReadonlyMap<number, string> = new Map();

function dropLine(head: RequestHead, index: number): void {
  const at = index * FORWARDED_STRIDE;
  head.removeLine(head.forwarded[at + 1]!, head.forwarded[at + 2]!);
}
