// The writes of one TLS handle, which takes one at a time: those that come meanwhile wait, and leave together.
import type { Taken } from './byte-socket.js';
import type { NativeTls, TlsHandle } from './native-tls.js';

/** Who hears of it. */
export interface WritesOwner {
  /** Bytes have left, or never will. @param status - 0, or a negative errno. @param detail - what OpenSSL says of it */
  onWritten(status: number, detail: string | undefined): void;
}

/** One write of the handle. */
interface TlsWrite {
  oncomplete: (this: TlsWrite, status: number, handle: unknown, detail?: string) => void;
  writes: TlsWrites;
  length: number;
  taken: Taken | readonly (Taken | undefined)[] | undefined;
  /** Keeps the bytes alive: from Node 26 on they are sealed later. */
  bytes: unknown;
}

/** One that waits for its turn. */
interface Waiting {
  readonly data: string | Uint8Array;
  readonly taken: Taken | undefined;
}

/** Hands bytes over in order. */
export class TlsWrites {
  /** Bytes that were not taken yet. */
  length = 0;
  readonly #native: NativeTls;
  readonly #handle: TlsHandle;
  readonly #owner: WritesOwner;
  #isBusy = false;
  #waiting: Waiting[] = [];

  constructor(native: NativeTls, handle: TlsHandle, owner: WritesOwner) {
    this.#native = native;
    this.#handle = handle;
    this.#owner = owner;
  }

  get isIdle(): boolean {
    return !this.#isBusy;
  }

  /** Answers 0, or an errno: then `taken` is not called. */
  write(data: string | Uint8Array, taken: Taken | undefined): number {
    if (this.#isBusy) {
      this.#waiting.push({ data, taken });
      this.length += data.length;
      return 0;
    }
    const request = this.#begin(data.length, data, taken);
    const fault =
      typeof data === 'string'
        ? this.#handle.writeLatin1String(request, data)
        : this.#handle.writeBuffer(request, data);
    if (fault === 0) this.length += data.length;
    else this.#isBusy = false;
    return fault;
  }

  /** None of those that wait will leave: their writers are told. */
  drop(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { data, taken } of waiting) {
      this.length -= data.length;
      taken?.();
    }
  }

  #begin(length: number, bytes: unknown, taken: TlsWrite['taken']): TlsWrite {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- an object of Node's that anything may be written on
    const request = new this.#native.WriteWrap() as unknown as TlsWrite;
    request.oncomplete = onComplete;
    request.writes = this;
    request.length = length;
    request.bytes = bytes;
    request.taken = taken;
    this.#isBusy = true;
    return request;
  }

  /** @internal */
  onComplete(request: TlsWrite, status: number, detail: string | undefined): void {
    this.#isBusy = false;
    this.length -= request.length;
    const fault = status === 0 && this.#waiting.length > 0 ? this.#sendWaiting() : status;
    this.#owner.onWritten(fault, detail);
    const { taken } = request;
    if (typeof taken === 'function') taken();
    else if (taken !== undefined) for (const one of taken) one?.();
  }

  #sendWaiting(): number {
    const waiting = this.#waiting;
    let length = 0;
    for (const { data } of waiting) length += data.length;
    const chunks = waiting.flatMap(({ data }) => [
      data,
      typeof data === 'string' ? 'latin1' : 'buffer',
    ]);
    const takens = waiting.map(({ taken }) => taken);
    const request = this.#begin(length, chunks, takens);
    const fault = this.#handle.writev(request, chunks, false);
    // Else they still wait, and are told as such.
    if (fault === 0) this.#waiting = [];
    else this.#isBusy = false;
    return fault;
  }
}

function onComplete(
  this: TlsWrite,
  status: number,
  _handle: unknown,
  detail: string | undefined,
): void {
  this.writes.onComplete(this, status, detail);
}
