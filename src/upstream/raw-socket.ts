// A TCP connection on Node's handle without the streams around it, which cost more than the connection itself.
import { atTurnEnd, type TurnTask } from '../core/turn-end.js';
import type { ByteSocket, Taken } from './byte-socket.js';
import {
  findNativeTcp,
  type NativeTcp,
  type RequestOwner,
  type ShutdownRequest,
  type TcpHandle,
  type WriteRequest,
} from './native-tcp.js';
import { SocketEvents } from './socket-events.js';
import { type ReaderSlot, WRITE_MARK } from './socket-reader.js';
import { isShutAtOnce, systemError } from './system-error.js';

/** Handles of our sockets know them. */
interface OwnHandle extends TcpHandle {
  rawSocket: RawSocket;
}

const UV_EOF = -4095;

let native: NativeTcp | undefined;

/** Whether this Node has what `RawSocket` needs; to be asked before one is made. */
export function hasNativeTcp(): boolean {
  native ??= findNativeTcp();
  return native !== undefined;
}

/**
 * The request that writes begin with. A write that the kernel takes at once leaves it untouched, so that nearly all writes of a
 * process share one; the others keep it, and the next gets a new one.
 */
let spareRequest: WriteRequest | undefined;

/** A `ByteSocket` in the clear. Reading begins with `resume`. */
export class RawSocket extends SocketEvents implements ByteSocket, RequestOwner, TurnTask {
  readonly writableHighWaterMark: number = WRITE_MARK;
  connecting = false;
  destroyed = false;
  readableEnded = false;
  writableEnded = false;
  writableFinished = false;
  writableLength = 0;
  readonly #native: NativeTcp;
  readonly #handle: OwnHandle;
  readonly #slot: ReaderSlot;
  #buffer: Buffer;
  #isReading = false;
  #isPaused = false;
  #needsDrain = false;
  #awaitsTurnEnd = false;
  /** Dialled, and the kernel does not know yet. */
  #isToConnect = false;
  #isClosed = false;
  /** Of the peer, where it is dialled. */
  #host = '';
  #port = 0;
  #fault: Error | undefined = undefined;

  /**
   * @param handle - of an accepted connection, which is this socket's from now on
   * @param first - the buffer for the first read
   */
  constructor(handle: object, slot: ReaderSlot, first: Buffer) {
    super();
    this.#native = native!;
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- whoever accepts, or `dial`, has it from Node
    const own = handle as OwnHandle;
    own.rawSocket = this;
    own.onread = onRead;
    own.useUserBuffer(first);
    this.#handle = own;
    this.#slot = slot;
    this.#buffer = first;
  }

  /** Starts a connection and its reading, at the end of this turn of the event loop. @param host - an IP address */
  static dial(host: string, port: number, slot: ReaderSlot, first: Buffer): RawSocket {
    const { TCP, SOCKET } = native!;
    const socket = new RawSocket(new TCP(SOCKET), slot, first);
    socket.connecting = true;
    socket.#isToConnect = true;
    socket.#host = host;
    socket.#port = port;
    socket.#awaitTurnEnd();
    return socket;
  }

  get writable(): boolean {
    return !this.destroyed && !this.writableEnded;
  }

  get localAddress(): string | undefined {
    const out: { address?: string } = {};
    return this.destroyed || this.#handle.getsockname(out) !== 0 ? undefined : out.address;
  }

  /** Bytes that the kernel has not taken: it shrinks as the peer reads. */
  get queuedBytes(): number {
    return this.destroyed ? 0 : this.#handle.writeQueueSize;
  }

  isPaused(): boolean {
    return this.#isPaused;
  }

  pause(): this {
    this.#isPaused = true;
    if (this.#isReading) {
      this.#isReading = false;
      if (!this.destroyed) this.#handle.readStop();
    }
    return this;
  }

  resume(): this {
    this.#isPaused = false;
    if (this.#isReading || this.#isToConnect || this.destroyed || this.readableEnded) return this;
    this.#isReading = true;
    const fault = this.#handle.readStart();
    if (fault !== 0) this.destroy(systemError('read', fault));
    return this;
  }

  write(data: string | Uint8Array, second?: 'latin1' | Taken, third?: Taken): boolean {
    const taken = typeof second === 'function' ? second : third;
    if (this.#isToConnect) this.#connect();
    if (!this.writable) {
      if (taken !== undefined) process.nextTick(taken);
      return false;
    }
    const fault = this.#send(data, taken);
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
    if (this.#isToConnect) this.#connect();
    if (!this.writable) return this;
    this.writableEnded = true;
    const request = new this.#native.ShutdownWrap();
    request.owner = this;
    request.oncomplete = onShutdown;
    const fault = this.#handle.shutdown(request);
    if (isShutAtOnce(fault)) process.nextTick(onFinished, this);
    else if (fault !== 0) this.destroy(systemError('shutdown', fault));
    return this;
  }

  destroy(error?: Error): this {
    if (!this.destroyed) this.#leave(error);
    return this;
  }

  destroySoon(): void {
    this.end();
    if (this.writableFinished) this.destroy();
    else this.once('finish', () => this.destroy());
  }

  /** One that is connecting, or has sent its FIN, is closed instead: libuv can't reset it. */
  resetAndDestroy(): this {
    if (this.connecting || this.writableEnded) return this.destroy();
    if (this.destroyed) return this;
    this.#leave();
    // Now: were the process to exit in this turn, the kernel would make it an orderly end.
    this.#isClosed = true;
    this.#handle.reset();
    return this;
  }

  /** Gives the handle away, unread from now on: nothing is heard of this socket any more. */
  release(): object {
    this.pause();
    this.destroyed = true;
    // By whoever has it now.
    this.#isClosed = true;
    this.removeAllListeners();
    return this.#handle;
  }

  #leave(error?: Error): void {
    // What comes until it is closed stays unread: the peer is to hear that it was.
    if (this.#isReading) this.pause();
    this.destroyed = true;
    this.connecting = false;
    this.#fault = error;
    this.#awaitTurnEnd();
  }

  #awaitTurnEnd(): void {
    if (this.#awaitsTurnEnd) return;
    this.#awaitsTurnEnd = true;
    atTurnEnd(this);
  }

  #connect(): void {
    const handle = this.#handle;
    const host = this.#host;
    const port = this.#port;
    this.#isToConnect = false;
    handle.setNoDelay(true);
    const request = new this.#native.TCPConnectWrap();
    request.oncomplete = (status) => this.#onConnected(status);
    const fault = host.includes(':')
      ? handle.connect6(request, host, port)
      : handle.connect(request, host, port);
    if (fault !== 0) this.destroy(connectError(fault, host, port));
    // Now and not once it stands: libuv would take its descriptor out of epoll in between.
    else if (!this.#isPaused) this.resume();
  }

  #onConnected(status: number): void {
    if (this.destroyed) return;
    this.connecting = false;
    if (status < 0) this.destroy(connectError(status, this.#host, this.#port));
    else this.emit('connect');
  }

  /** Hands bytes to the kernel. Answers 0, or an errno. */
  #send(data: string | Uint8Array, taken: Taken | undefined): number {
    const { WriteWrap, state, kBytesWritten, kLastWriteWasAsync } = this.#native;
    const request = spareRequest ?? new WriteWrap();
    const fault =
      typeof data === 'string'
        ? this.#handle.writeLatin1String(request, data)
        : this.#handle.writeBuffer(request, data);
    const isUntouched = fault === 0 && state[kLastWriteWasAsync] === 0;
    spareRequest = isUntouched ? request : undefined;
    if (isUntouched || fault !== 0) return fault;
    request.oncomplete = onWritten;
    request.owner = this;
    request.length = state[kBytesWritten]!;
    request.taken = taken;
    if (typeof data !== 'string') request.bytes = data;
    this.writableLength += request.length;
    return 0;
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
    this.#isReading = false;
    const cut = length === UV_EOF ? this.#findCut() : 0;
    if (cut < 0) this.destroy(systemError('read', cut));
    else if (length === UV_EOF) {
      this.readableEnded = true;
      this.emit('end');
      // With nothing left to write a close sends the FIN as well as a shutdown that is still under way.
      if (this.writableEnded && this.writableLength === 0) this.destroy();
    } else {
      this.destroy(systemError('read', length));
    }
    return undefined;
  }

  /**
   * Where a reset comes right behind some bytes libuv tells of an end. What can't be written to any more was reset: a write of
   * nothing says so, as an errno; 0 = it is well. What is still to be written finds out by itself.
   */
  #findCut(): number {
    if (this.writableEnded || this.writableLength > 0) return 0;
    return this.#send('', undefined);
  }

  /** @internal The kernel has taken a write that it did not take at once, or never will. */
  onWritten(request: WriteRequest, status: number): void {
    this.writableLength -= request.length;
    if (status < 0) this.destroy(systemError('write', status));
    if (this.#needsDrain && this.writableLength === 0) {
      this.#needsDrain = false;
      if (this.writable) this.emit('drain');
    }
    request.taken?.();
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

  /** @internal It is to connect, or was destroyed: the peers of all that were hear of it first, then who listens. */
  onTurnEnd(): void {
    this.#awaitsTurnEnd = false;
    if (!this.destroyed) {
      if (this.#isToConnect) this.#connect();
    } else if (this.#isClosed) {
      if (this.#fault !== undefined) this.emit('error', this.#fault);
      this.emit('close');
    } else {
      this.#isClosed = true;
      this.#handle.close();
      this.#awaitTurnEnd();
    }
  }
}

function onRead(this: TcpHandle): Buffer | undefined {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only handles of ours have this function
  return (this as OwnHandle).rawSocket.onRead();
}

function onWritten(this: WriteRequest, status: number): void {
  this.owner.onWritten(this, status);
}

function onShutdown(this: ShutdownRequest, status: number): void {
  this.owner.onShutdown(status);
}

function onFinished(socket: RawSocket): void {
  socket.onShutdown(0);
}

function connectError(errno: number, address: string, port: number): NodeJS.ErrnoException {
  return Object.assign(systemError('connect', errno, ` ${address}:${port}`), { address, port });
}
