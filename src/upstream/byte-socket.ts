// What the data plane asks of a connection, whichever way it was made.

/** Told once bytes that the kernel did not take at once have left, or never will. Some sockets tell of every write. */
export type Taken = () => void;

/**
 * A connection that is read through its `ReaderSlot`: a `RawSocket`, or Node's own sockets.
 *
 * Events: 'connect' (in the clear) or 'secureConnect', 'end' (the peer's FIN), 'drain', 'finish' (our FIN has left), 'error', and
 * 'close' as the last one. Both sides may end on their own; when both have, it closes by itself.
 */
export interface ByteSocket {
  readonly connecting: boolean;
  readonly destroyed: boolean;
  /** The peer's FIN was told. */
  readonly readableEnded: boolean;
  readonly writable: boolean;
  /** `end` was called. */
  readonly writableEnded: boolean;
  readonly writableFinished: boolean;
  /** Bytes written that the kernel has not taken whole. */
  readonly writableLength: number;
  readonly writableHighWaterMark: number;
  /** Bytes in the kernel's queue to come; undefined = not known here. */
  readonly queuedBytes?: number;
  readonly localAddress?: string | undefined;
  /** With TLS on it; absent = in the clear. */
  readonly encrypted?: boolean;
  /** False: `writableHighWaterMark` or more wait. 'drain' tells when none do. */
  write(text: string, encoding: 'latin1', taken?: Taken): boolean;
  /** Bytes, which must not change before they are taken. */
  write(bytes: Uint8Array, taken?: Taken): boolean;
  end(): unknown;
  pause(): unknown;
  resume(): unknown;
  isPaused(): boolean;
  destroy(error?: Error): unknown;
  /** Destroys it once what was written has left. */
  destroySoon(): void;
  /** Ends it with RST. */
  resetAndDestroy(): unknown;
  on(event: 'error', listener: (error: Error) => void): this;
  on(event: string, listener: () => void): this;
  once(event: string, listener: () => void): this;
  off(event: string, listener: () => void): this;
}
