// Node's TCP handles, which `net.Socket` is built on: the one place that reaches for them. None of it is documented.

/** Who asked, and hears how it went: status 0, or a negative errno. */
export interface RequestOwner {
  onWritten(request: WriteRequest, status: number): void;
  onShutdown(status: number): void;
}

/** One write. Node holds it only while the kernel has not taken all of the bytes. */
export interface WriteRequest {
  oncomplete: (this: WriteRequest, status: number) => void;
  owner: RequestOwner;
  length: number;
  taken: (() => void) | undefined;
  /** Keeps the bytes alive. */
  bytes: Uint8Array | undefined;
}

/** Sends a FIN after what was written. */
export interface ShutdownRequest {
  oncomplete: (this: ShutdownRequest, status: number) => void;
  owner: RequestOwner;
}

/** One connect. */
export interface ConnectRequest {
  oncomplete: (status: number) => void;
}

/** A TCP socket of libuv. What returns a number returns 0, or a negative errno. */
export interface TcpHandle {
  /** Reads go here; how many bytes came, or which fault, is in `readLength`. Answers the next buffer, undefined = the same again. */
  onread: (this: TcpHandle) => Uint8Array | undefined;
  readonly writeQueueSize: number;
  useUserBuffer(buffer: Uint8Array): void;
  readStart(): number;
  readStop(): number;
  writeLatin1String(request: object, text: string): number;
  writeBuffer(request: object, bytes: Uint8Array): number;
  shutdown(request: object): number;
  connect(request: object, host: string, port: number): number;
  connect6(request: object, host: string, port: number): number;
  getsockname(out: { address?: string; port?: number }): number;
  getpeername(out: { address?: string; port?: number }): number;
  setNoDelay(enable: boolean): number;
  close(): void;
  reset(): number;
}

/** Constructors, and the words that calls leave their results in. */
export interface NativeTcp {
  readonly TCP: new (type: number) => TcpHandle;
  readonly WriteWrap: new () => WriteRequest;
  readonly ShutdownWrap: new () => ShutdownRequest;
  readonly TCPConnectWrap: new () => ConnectRequest;
  /** `new TCP(SOCKET)`: one that connects. */
  readonly SOCKET: number;
  readonly state: Int32Array;
  /** Index in `state`: bytes read, or a negative errno. */
  readonly kReadBytesOrError: number;
  /** Index in `state`: bytes of the last write. */
  readonly kBytesWritten: number;
  /** Index in `state`: 0 = the kernel took the last write whole. */
  readonly kLastWriteWasAsync: number;
}

/**
 * Versions of Node on which these handles were tried. A handle that is called in a way it does not know ends the process,
 * so an unknown version is not even asked.
 */
const KNOWN_MAJORS: ReadonlySet<string> = new Set(['20', '21', '22', '23', '24', '25', '26']);

interface Bindings {
  binding?(name: 'tcp_wrap'): { readonly constants?: { readonly SOCKET?: number } };
  binding?(name: 'stream_wrap'): { readonly streamBaseState?: Int32Array };
}

/**
 * What Node has of it; undefined = nothing that is known here.
 * @param version - of Node, `20.19.0`
 */
export function findNativeTcp(version: string = process.versions.node): NativeTcp | undefined {
  const [major = ''] = version.split('.');
  if (!KNOWN_MAJORS.has(major)) return undefined;
  try {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- every part is looked for below
    const node = process as unknown as Bindings;
    const tcp = node.binding?.('tcp_wrap');
    const stream = node.binding?.('stream_wrap');
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- every part is looked for below
    const found = {
      ...tcp,
      ...stream,
      SOCKET: tcp?.constants?.SOCKET,
      state: stream?.streamBaseState,
    } as unknown as NativeTcp;
    return isWhole(found) ? found : undefined;
  } catch {
    // Node may be told not to give them away (--permission).
    return undefined;
  }
}

function isWhole(native: NativeTcp): boolean {
  const { TCP, WriteWrap, ShutdownWrap, TCPConnectWrap, SOCKET, state } = native;
  const { kReadBytesOrError, kBytesWritten, kLastWriteWasAsync } = native;
  return (
    [TCP, WriteWrap, ShutdownWrap, TCPConnectWrap].every((part) => typeof part === 'function') &&
    [SOCKET, kReadBytesOrError, kBytesWritten, kLastWriteWasAsync].every(Number.isInteger) &&
    state instanceof Int32Array
  );
}
