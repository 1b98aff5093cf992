// The server's side of TLS on Node's handles without the streams around them, which cost more than a tenth of a handshake.
import type { X509Certificate } from 'node:crypto';
import { type SecureContext, TLSSocket } from 'node:tls';
import type { Taken } from './byte-socket.js';
import { findNativeTls, type LowerHandle, type NativeTls, type TlsHandle } from './native-tls.js';
import type { SecureSocket, ServerSide } from './secure-socket.js';
import { SocketEvents } from './socket-events.js';
import { queuedOf, type ReaderSlot, WRITE_MARK } from './socket-reader.js';
import { isShutAtOnce, systemError } from './system-error.js';
import { TlsWrites, type WritesOwner } from './tls-writes.js';

/** TLS handles of our sockets know them. */
interface OwnHandle extends TlsHandle {
  rawSocket: RawTlsSocket;
}

/** And so do the TCP handles below, which keep all of it alive. */
interface OwnLowerHandle extends LowerHandle {
  rawTlsSocket: RawTlsSocket | undefined;
}

interface ShutdownRequest {
  oncomplete: (this: ShutdownRequest, status: number) => void;
  socket: RawTlsSocket;
}

const UV_EOF = -4095;

/** How often a client may want to renegotiate, which is refused each time: as Node's own sockets have it. */
const RENEGOTIATIONS = 3;

let native: NativeTls | undefined;

/** Whether this Node has what `RawTlsSocket` needs; to be asked before one is made. */
export function hasNativeTls(): boolean {
  native ??= findNativeTls();
  return native !== undefined;
}

/**
 * States: shaking hands -> open -> destroyed. Events: those of `ByteSocket`, and 'secure'.
 * OpenSSL calls back in the middle of its work, so its part is freed only once the TCP handle has closed.
 */
export class RawTlsSocket extends SocketEvents implements SecureSocket, WritesOwner {
  readonly encrypted = true;
  readonly connecting = false;
  readonly writableHighWaterMark: number = WRITE_MARK;
  alpnProtocol: string | false | null = null;
  destroyed = false;
  readableEnded = false;
  writableEnded = false;
  writableFinished = false;
  readonly #native: NativeTls;
  readonly #lower: OwnLowerHandle;
  readonly #handle: OwnHandle;
  readonly #slot: ReaderSlot;
  readonly #choose: ServerSide['choose'];
  readonly #writes: TlsWrites;
  #buffer: Buffer;
  #name: string | false | null = null;
  #isReading = false;
  #isPaused = false;
  #needsDrain = false;
  #isShut = false;
  #renegotiations = 0;
  #fault: Error | undefined = undefined;

  /**
   * The handshake begins with `resume`.
   * @param lower - handle of an accepted connection, which is this socket's from now on
   * @param first - the buffer for the first read
   */
  constructor(lower: object, slot: ReaderSlot, first: Buffer, side: ServerSide) {
    super();
    this.#native = native!;
    const { options, alpn, choose } = side;
    const { wrap, owner } = this.#native;
    const context: unknown = options.secureContext!.context;
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- whoever accepts has it from Node
    const handle = wrap(lower, context, true, false) as OwnHandle;
    handle.rawSocket = this;
    handle.onhandshakestart = onHandshakeStart;
    handle.onhandshakedone = onHandshakeDone;
    // oxlint-disable-next-line unicorn/prefer-add-event-listener -- a handle has no other way
    handle.onerror = onFault;
    handle.onread = onRead;
    if (options.requestCert === true)
      handle.setVerifyMode(true, options.rejectUnauthorized === true);
    if (alpn !== undefined) handle.setALPNProtocols(alpn);
    if (choose !== undefined) Object.assign(handle, { [owner]: this });
    handle.useUserBuffer(first);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as above
    this.#lower = lower as OwnLowerHandle;
    this.#lower.rawTlsSocket = this;
    this.#handle = handle;
    this.#slot = slot;
    this.#buffer = first;
    this.#choose = choose;
    this.#writes = new TlsWrites(this.#native, handle, this);
  }

  get writable(): boolean {
    return !this.destroyed && !this.writableEnded;
  }

  get writableLength(): number {
    return this.#writes.length;
  }

  get localAddress(): string | undefined {
    const out: { address?: string } = {};
    return this.destroyed || this.#lower.getsockname(out) !== 0 ? undefined : out.address;
  }

  /** Sealed bytes that the kernel has not taken: it shrinks as the peer reads. */
  get queuedBytes(): number {
    if (this.destroyed) return 0;
    return queuedOf(this.#handle.writeQueueSize, this.#lower.writeQueueSize, this.writableLength);
  }

  get servername(): string | false | null {
    return this.#name;
  }

  /** @internal OpenSSL has read it, and takes the context that it finds in `sni_context` next. */
  set servername(name: string | false | null) {
    this.#name = name;
    if (typeof name !== 'string') return;
    const chosen: SecureContext | undefined = this.#choose?.(name.toLowerCase());
    if (chosen !== undefined) this.#handle.sni_context = chosen.context;
  }

  getProtocol(): string | null {
    return this.destroyed ? null : this.#handle.getProtocol();
  }

  getCipher(): { readonly standardName?: string } | undefined {
    return this.destroyed ? undefined : this.#handle.getCipher();
  }

  getX509Certificate(): X509Certificate | undefined {
    if (this.destroyed) return undefined;
    return TLSSocket.prototype.getX509Certificate.call(this.#asNodeHasIt());
  }

  getPeerX509Certificate(): X509Certificate | undefined {
    if (this.destroyed) return undefined;
    return TLSSocket.prototype.getPeerX509Certificate.call(this.#asNodeHasIt());
  }

  /** Why the client's certificate is not good; nothing is said of one that was not shown. */
  verifyError(): Error | null | undefined {
    return this.#handle.verifyError();
  }

  isPaused(): boolean {
    return this.#isPaused;
  }

  pause(): this {
    this.#isPaused = true;
    if (!this.destroyed) this.#stopReading();
    return this;
  }

  resume(): this {
    this.#isPaused = false;
    if (this.#isReading || this.destroyed || this.readableEnded) return this;
    this.#isReading = true;
    const fault = this.#handle.readStart();
    if (fault !== 0) this.destroy(systemError('read', fault));
    return this;
  }

  /** Begins to read, once the caller listens. @param early - what was read already; it must not change any more */
  resumeWith(early: Buffer): this {
    process.nextTick(() => {
      if (!this.destroyed && early.length > 0) this.#handle.receive(early);
      if (!this.#isPaused) this.resume();
    });
    return this;
  }

  write(data: string | Uint8Array, second?: 'latin1' | Taken, third?: Taken): boolean {
    const taken = typeof second === 'function' ? second : third;
    if (!this.writable) {
      if (taken !== undefined) process.nextTick(taken);
      return false;
    }
    const fault = data.length === 0 ? this.#writeNothing(taken) : this.#writes.write(data, taken);
    if (fault !== 0) {
      if (taken !== undefined) process.nextTick(taken);
      this.destroy(systemError('write', fault));
      return false;
    }
    if (this.writableLength < WRITE_MARK) return true;
    this.#needsDrain = true;
    return false;
  }

  end(): this {
    if (!this.writable) return this;
    this.writableEnded = true;
    if (this.#writes.isIdle) this.#shutDown();
    return this;
  }

  destroy(error?: Error): this {
    if (this.destroyed) return this;
    this.#leave(error);
    this.#lower.close(onClosed);
    return this;
  }

  destroySoon(): void {
    this.end();
    if (this.writableFinished) this.destroy();
    else this.once('finish', () => this.destroy());
  }

  /** One that has sent its FIN is closed instead: all of it was said. One that was only told to end, and still writes, is cut. */
  resetAndDestroy(): this {
    if (this.#isShut) return this.destroy();
    if (this.destroyed) return this;
    this.#leave();
    if (this.#lower.reset(onClosed) !== 0) this.#lower.close(onClosed);
    return this;
  }

  #leave(error?: Error): void {
    this.destroyed = true;
    this.#isReading = false;
    this.#fault = error;
  }

  #stopReading(): void {
    if (!this.#isReading) return;
    this.#isReading = false;
    this.#handle.readStop();
  }

  /** OpenSSL would take it for a request to read on. What is asked is whether the connection still stands: 0, or an errno. */
  #writeNothing(taken: Taken | undefined): number {
    const fault = this.#lower.getpeername({});
    if (fault === 0 && taken !== undefined) process.nextTick(taken);
    return fault;
  }

  /** Sends close_notify, and the FIN behind it. */
  #shutDown(): void {
    if (this.#isShut) return;
    this.#isShut = true;
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- an object of Node's that anything may be written on
    const request = new this.#native.ShutdownWrap() as unknown as ShutdownRequest;
    request.socket = this;
    request.oncomplete = onShutdown;
    const answer = this.#handle.shutdown(request);
    if (isShutAtOnce(answer)) process.nextTick(onFinished, this);
    else if (answer !== 0) this.destroy(systemError('shutdown', answer));
  }

  /** What Node's methods look for in a socket. */
  #asNodeHasIt(): TLSSocket {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- they look for nothing else
    return { _handle: this.#handle } as unknown as TLSSocket;
  }

  /** @internal A client that goes on and on keeps us busy for nothing. */
  onHandshakeStart(): void {
    if (this.alpnProtocol !== null && ++this.#renegotiations > RENEGOTIATIONS) this.destroy();
  }

  /** @internal */
  onHandshakeDone(): void {
    // A client that wants to renegotiate, which is refused, makes OpenSSL say it again.
    if (this.destroyed || this.alpnProtocol !== null) return;
    this.alpnProtocol = this.#handle.getALPNNegotiatedProtocol() ?? false;
    this.#name ??= this.#handle.getServername();
    this.emit('secure');
  }

  /** @internal `#buffer` has something new, or there is a fault. Answers the next buffer. */
  onRead(): Buffer | undefined {
    const length = this.#native.state[this.#native.kReadBytesOrError]!;
    if (this.destroyed || length === 0) return undefined;
    if (length > 0) {
      this.#slot.reader.onRead(this.#buffer, length);
      const next = this.#slot.reader.nextBuffer();
      if (next === undefined || next === this.#buffer) return undefined;
      this.#buffer = next;
      return next;
    }
    this.#stopReading();
    if (length !== UV_EOF) this.destroy(systemError('read', length));
    else if (!this.readableEnded) {
      this.readableEnded = true;
      this.emit('end');
      if (this.writableFinished) this.destroy();
    }
    return undefined;
  }

  /** @internal A write is over. */
  onWritten(status: number, detail: string | undefined): void {
    if (status < 0) this.destroy(systemError('write', status, detail && ` ${detail}`));
    if (!this.#writes.isIdle) return;
    if (this.#needsDrain) {
      this.#needsDrain = false;
      if (this.writable) this.emit('drain');
    }
    if (this.writableEnded && !this.destroyed) this.#shutDown();
  }

  /** @internal The FIN has left. */
  onShutdown(status: number): void {
    if (this.destroyed) return;
    if (status < 0) {
      this.destroy(systemError('shutdown', status));
      return;
    }
    this.writableFinished = true;
    this.emit('finish');
    if (this.readableEnded) this.destroy();
  }

  /** @internal The TCP handle has closed. */
  onClosed(): void {
    // A write that is under way ends with it.
    this.#handle.destroySSL();
    this.#writes.drop();
    this.#lower.rawTlsSocket = undefined;
    if (this.#fault !== undefined) this.emit('error', this.#fault);
    this.emit('close');
  }
}

function onHandshakeStart(this: TlsHandle): void {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only handles of ours have this function
  (this as OwnHandle).rawSocket.onHandshakeStart();
}

function onHandshakeDone(this: TlsHandle): void {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as above
  (this as OwnHandle).rawSocket.onHandshakeDone();
}

function onFault(this: TlsHandle, error: Error): void {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as above
  (this as OwnHandle).rawSocket.destroy(error);
}

function onRead(this: TlsHandle): Buffer | undefined {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as above
  return (this as OwnHandle).rawSocket.onRead();
}

function onClosed(this: unknown): void {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as above
  (this as OwnLowerHandle).rawTlsSocket?.onClosed();
}

function onShutdown(this: ShutdownRequest, status: number): void {
  this.socket.onShutdown(status);
}

function onFinished(socket: RawTlsSocket): void {
  socket.onShutdown(0);
}
