// Finds the server name in a TLS ClientHello as its bytes arrive (RFC 8446 4.1.2, RFC 6066 3). No sockets, nothing is decrypted.

/** How far the reading has come. */
export type HelloState = 'incomplete' | 'complete' | 'not-tls' | 'too-long';

/** Longest ClientHello message that is looked at; post-quantum ones are about 2 KiB. */
export const CLIENT_HELLO_MAX: number = 32 * 1024;

const HANDSHAKE_RECORD = 22;
const CLIENT_HELLO = 1;
const EXTENSION_SERVER_NAME = 0;
const HOST_NAME = 0;
const MAX_RECORD = 16_384 + 256;

/**
 * Reads a ClientHello that comes in pieces: over several TCP segments, several TLS records, or both.
 * Each byte is looked at once, so a client that drips costs no more than one that doesn't.
 */
export class ClientHelloReader {
  /** Lower-case server name of a complete hello; undefined = it named none. */
  serverName: string | undefined = undefined;
  #state: HelloState = 'incomplete';
  readonly #recordHead: Buffer = Buffer.alloc(5);
  #recordHeadLength = 0;
  #recordLeft = 0;
  #message: Buffer = Buffer.alloc(512);
  #messageLength = 0;

  get state(): HelloState {
    return this.#state;
  }

  /** Takes the next `length` bytes; those behind a complete hello are not looked at. */
  push(bytes: Buffer, length: number = bytes.length): HelloState {
    let at = 0;
    while (at < length && this.#state === 'incomplete') {
      if (this.#recordLeft === 0) at += this.#takeRecordHead(bytes, at, length);
      else at += this.#takeFragment(bytes, at, length);
    }
    return this.#state;
  }

  #takeRecordHead(bytes: Buffer, at: number, length: number): number {
    const head = this.#recordHead;
    const taken = Math.min(5 - this.#recordHeadLength, length - at);
    bytes.copy(head, this.#recordHeadLength, at, at + taken);
    this.#recordHeadLength += taken;
    // Told apart at the first byte that shows it: a client that waits for a greeting must not wait for five bytes.
    if (head[0] !== HANDSHAKE_RECORD || (this.#recordHeadLength > 1 && head[1] !== 3)) {
      this.#state = 'not-tls';
    } else if (this.#recordHeadLength === 5) {
      this.#recordHeadLength = 0;
      this.#recordLeft = head.readUInt16BE(3);
      if (this.#recordLeft === 0 || this.#recordLeft > MAX_RECORD) this.#state = 'not-tls';
    }
    return taken;
  }

  #takeFragment(bytes: Buffer, at: number, length: number): number {
    const taken = Math.min(this.#recordLeft, length - at);
    const end = this.#messageLength + taken;
    if (end > CLIENT_HELLO_MAX + 4) {
      this.#state = 'too-long';
      return taken;
    }
    if (end > this.#message.length) this.#message = grown(this.#message, end);
    bytes.copy(this.#message, this.#messageLength, at, at + taken);
    this.#messageLength = end;
    this.#recordLeft -= taken;
    this.#examine();
    return taken;
  }

  #examine(): void {
    const message = this.#message;
    if (message[0] !== CLIENT_HELLO) {
      this.#state = 'not-tls';
      return;
    }
    if (this.#messageLength < 4) return;
    const size = message.readUIntBE(1, 3);
    if (size > CLIENT_HELLO_MAX) this.#state = 'too-long';
    else if (this.#messageLength >= 4 + size) this.#finish(message.subarray(4, 4 + size));
  }

  #finish(body: Buffer): void {
    const found = findServerName(body);
    this.#state = found === null ? 'not-tls' : 'complete';
    this.serverName = found ?? undefined;
  }
}

function grown(buffer: Buffer, needed: number): Buffer {
  const larger = Buffer.alloc(Math.min(Math.max(needed, buffer.length * 2), CLIENT_HELLO_MAX + 4));
  buffer.copy(larger);
  return larger;
}

/** Walks version, random, session id, cipher suites, compression methods and extensions; null = they are not well formed. */
function findServerName(body: Buffer): string | undefined | null {
  let at = 2 + 32;
  at = skipVector(body, at, 1);
  at = skipVector(body, at, 2);
  at = skipVector(body, at, 1);
  if (at > body.length) return null;
  // A hello without extensions ends here (TLS 1.2 and before).
  if (at === body.length) return undefined;
  const end = skipVector(body, at, 2);
  if (end !== body.length) return null;
  at += 2;
  while (at < end) {
    const next = skipVector(body, at + 2, 2);
    if (next > end) return null;
    if (body.readUInt16BE(at) === EXTENSION_SERVER_NAME) {
      return readServerNameList(body.subarray(at + 4, next));
    }
    at = next;
  }
  return undefined;
}

/** Position behind a vector whose length takes `width` bytes; beyond the end if it does not fit. */
function skipVector(body: Buffer, at: number, width: 1 | 2): number {
  if (at + width > body.length) return body.length + 1;
  return at + width + body.readUIntBE(at, width);
}

function readServerNameList(list: Buffer): string | undefined | null {
  if (skipVector(list, 0, 2) !== list.length) return null;
  for (let at = 2; at < list.length; ) {
    const next = skipVector(list, at + 1, 2);
    if (next > list.length) return null;
    if (list[at] === HOST_NAME) return list.toString('latin1', at + 3, next).toLowerCase();
    at = next;
  }
  return undefined;
}
