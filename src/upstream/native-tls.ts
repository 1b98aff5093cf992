// Node's TLS handles, which `tls.TLSSocket` is built on: the one place that reaches for them. None of it is documented.
import net from 'node:net';
import { findNativeTcp, type NativeTcp, type TcpHandle } from './native-tcp.js';

/** OpenSSL on a TCP handle. What returns a number returns 0, or a negative errno. After `destroySSL` only streams' methods may be called. */
export interface TlsHandle {
  /** As of a TCP handle. */
  onread: (this: TlsHandle) => Uint8Array | undefined;
  /** Called for every ClientHello, also one that wants to renegotiate. */
  onhandshakestart: (this: TlsHandle) => void;
  /** Called by OpenSSL in the middle of its work: `destroySSL` must wait. */
  onhandshakedone: (this: TlsHandle) => void;
  /** A fault of TLS; the alert that tells the peer has been written. */
  onerror: (this: TlsHandle, error: Error) => void;
  /** The context for the server name that has just been written into the owner's `servername`. */
  sni_context: unknown;
  /** Sealed bytes that were not handed on whole. From Node 26 on a write is sealed a little later. */
  readonly writeQueueSize: number;
  useUserBuffer(buffer: Uint8Array): void;
  readStart(): number;
  readStop(): number;
  /** One write at a time; a second one before `oncomplete` ends the process. */
  writeLatin1String(request: object, text: string): number;
  writeBuffer(request: object, bytes: Uint8Array): number;
  /** @param chunks - each chunk with its encoding behind it */
  writev(request: object, chunks: readonly unknown[], areBuffers: false): number;
  shutdown(request: object): number;
  setVerifyMode(mustAsk: boolean, mustHave: boolean): void;
  setALPNProtocols(protocols: Buffer): void;
  getALPNNegotiatedProtocol(): string | false;
  getServername(): string | false;
  getProtocol(): string | null;
  getCipher(): { readonly standardName?: string } | undefined;
  verifyError(): Error | null | undefined;
  /** Bytes that somebody else has read. */
  receive(bytes: Uint8Array): void;
  destroySSL(): void;
}

/** What is asked of a TLS handle, beside what a stream has. */
const METHODS = [
  'useUserBuffer',
  'readStart',
  'readStop',
  'writeLatin1String',
  'writeBuffer',
  'writev',
  'shutdown',
  'setVerifyMode',
  'setALPNProtocols',
  'getALPNNegotiatedProtocol',
  'getServername',
  'getProtocol',
  'getCipher',
  'getX509Certificate',
  'getPeerX509Certificate',
  'verifyError',
  'receive',
  'destroySSL',
] as const;

/** A TCP handle as TLS needs it. */
export interface LowerHandle
  extends Pick<TcpHandle, 'getsockname' | 'getpeername' | 'writeQueueSize'> {
  close(done: () => void): void;
  reset(done: () => void): number;
}

/** Constructors, and the words that calls leave their results in. */
export interface NativeTls
  extends Pick<NativeTcp, 'WriteWrap' | 'ShutdownWrap' | 'state' | 'kReadBytesOrError'> {
  wrap(lower: object, context: unknown, isServer: true, hasActiveWrite: false): TlsHandle;
  /** What finds the owner of a handle, on which `servername` is set. */
  readonly owner: symbol;
}

interface Bindings {
  binding?(name: 'tls_wrap'): {
    readonly wrap?: NativeTls['wrap'];
    readonly TLSWrap?: { readonly prototype: object };
  };
}

/** Options of Node that its own sockets heed: who asks for them gets these. */
const WATCHING = /--(?:tls-keylog|trace-tls)\b/;

/**
 * What Node has of it; undefined = nothing that is known here.
 * @param version - of Node, `20.19.0`
 */
export function findNativeTls(version: string = process.versions.node): NativeTls | undefined {
  const tcp = findNativeTcp(version);
  if (tcp === undefined || isWatched()) return undefined;
  try {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- every part is looked for below
    const node = process as unknown as Bindings;
    const { wrap, TLSWrap } = node.binding?.('tls_wrap') ?? {};
    const owner = ownerSymbol(tcp);
    if (typeof wrap !== 'function' || owner === undefined) return undefined;
    const prototype = TLSWrap?.prototype ?? {};
    if (!METHODS.every((name) => name in prototype)) return undefined;
    return { ...tcp, wrap, owner };
  } catch {
    // Node may be told not to give them away (--permission).
    return undefined;
  }
}

function isWatched(): boolean {
  return WATCHING.test([...process.execArgv, process.env['NODE_OPTIONS'] ?? ''].join(' '));
}

/** Node's key for the owner of a handle, which a socket leaves on it. */
function ownerSymbol({ TCP, SOCKET }: NativeTcp): symbol | undefined {
  const handle = new TCP(SOCKET);
  const options = { handle, manualStart: true, allowHalfOpen: true };
  const socket = new net.Socket(options);
  const found = Object.getOwnPropertySymbols(handle).find(
    (symbol) => (handle as unknown as Record<symbol, unknown>)[symbol] === socket,
  );
  socket.destroy();
  return found;
}
