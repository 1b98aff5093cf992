// TLS sockets around accepted connections, read into buffers of our own: what `wrapHandle` is for plain ones.
import type net from 'node:net';
import tls from 'node:tls';
import { RawTlsSocket } from './raw-tls-socket.js';
import type { SecureSocket, ServerSide } from './secure-socket.js';
import { feedFromData, onReadOptions, type ReaderSlot, WRITE_MARK } from './socket-reader.js';

/** What Node passes to, and expects of, a TLS socket that is about to be built. None of it is documented. */
interface TlsSocketInternals {
  _tlsOptions: { readonly acceptedHandle?: object; readonly choose?: ServerSide['choose'] };
  _handle: { sni_context?: unknown } | null;
  connecting: boolean;
  _wrapHandle(wrap: unknown, handle: object | undefined, ...rest: unknown[]): object;
}

type TlsSocketClass = new (
  socket: net.Socket | undefined,
  options: object,
) => Omit<tls.TLSSocket, 'servername' | 'connecting'> & TlsSocketInternals;

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the internals are what the probe is for
const Base: TlsSocketClass = tls.TLSSocket as unknown as TlsSocketClass;

/**
 * A TLS socket that takes a bare handle, so that there is no plain socket beside it, and reads with `onread`.
 *
 * OpenSSL asks for the context of a server name in the middle of the ClientHello. Node writes the name into `servername` then,
 * and takes the context that it finds in `sni_context` next. `SNICallback` comes later, and brings one certificate only: of
 * certificates with different keys it would mix one name's with another's.
 */
class HandleTlsSocket extends Base {
  declare _name: string | false | null;

  constructor(handle: object, options: object) {
    super(undefined, { ...options, acceptedHandle: handle });
    // Without a socket Node takes it for one that is about to connect.
    this.connecting = false;
  }

  override _wrapHandle(wrap: unknown, handle: object | undefined, ...rest: unknown[]): object {
    return super._wrapHandle(wrap, handle ?? this._tlsOptions.acceptedHandle, ...rest);
  }

  get servername(): string | false | null {
    return this._name;
  }

  set servername(name: string | false | null) {
    this._name = name;
    const { choose } = this._tlsOptions;
    if (typeof name !== 'string' || choose === undefined || this._handle === null) return;
    const context = choose(name.toLowerCase());
    if (context !== undefined) this._handle.sni_context = context.context;
  }
}

/**
 * The server's side of TLS around an accepted handle. Its bytes go to `slot.reader` once the handshake is done; the handshake
 * begins by itself, 'secure' tells of its end. After a pause a few more records may come: those that were read already.
 * It rests on undocumented parts of Node: `tls-probe.ts` finds out whether they work.
 */
export function wrapTlsHandle(
  handle: object,
  slot: ReaderSlot,
  first: Buffer,
  side: ServerSide,
): tls.TLSSocket {
  const socket = new HandleTlsSocket(handle, {
    ...side.options,
    choose: side.choose,
    allowHalfOpen: true,
    highWaterMark: WRITE_MARK,
    onread: onReadOptions(slot, first),
  });
  return socket;
}

/**
 * The same around a socket that exists, by documented means. Where certificates with different keys are for one name, a client
 * gets the last of them.
 * @param early - what was read of it already
 */
export function wrapTlsSocket(
  socket: net.Socket,
  slot: ReaderSlot,
  first: Buffer,
  side: ServerSide,
  early?: Buffer,
): tls.TLSSocket {
  // Whoever read it so far must not get what is handed back.
  socket.removeAllListeners('data');
  socket.pause();
  if (early !== undefined && early.length > 0) socket.unshift(early);
  const { options, choose } = side;
  const SNICallback: tls.TLSSocketOptions['SNICallback'] = (name, done) =>
    done(null, choose?.(name.toLowerCase()));
  const secure = new tls.TLSSocket(
    socket,
    choose === undefined ? options : { ...options, SNICallback },
  );
  feedFromData(secure, slot, first);
  secure.resume();
  return secure;
}

/** The undocumented parts of a TLS socket that has been built. */
interface BuiltTlsSocket {
  readonly _handle: {
    readonly _parent?: ResettableHandle;
    verifyError?(): Error | null | undefined;
  } | null;
  _releaseControl?(): boolean;
  secureConnecting?: boolean;
  readonly authorized?: boolean;
}

interface ResettableHandle {
  reset?(done: () => void): number;
  close(done: () => void): void;
}

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- every part is looked for before it is used
const internalsOf = (socket: SecureSocket): BuiltTlsSocket => socket as unknown as BuiltTlsSocket;

/** The handshake is done: from now on faults are told by 'error' like those of any socket. */
export function releaseControl(socket: SecureSocket): void {
  if (socket instanceof RawTlsSocket) return;
  const internals = internalsOf(socket);
  internals._releaseControl?.();
  // Only a tls.Server says so by itself, and node:http2 waits for it.
  internals.secureConnecting = false;
}

/** Whether the peer's certificate was shown and is good. */
export function hasGoodCertificate(socket: SecureSocket): boolean {
  // A resumed session without a certificate has no fault either: so look whether there is one.
  return verifyErrorOf(socket) == null && socket.getPeerX509Certificate() !== undefined;
}

function verifyErrorOf(socket: SecureSocket): unknown {
  if (socket instanceof RawTlsSocket) return socket.verifyError();
  const handle = internalsOf(socket)._handle;
  if (typeof handle?.verifyError === 'function') return handle.verifyError();
  return internalsOf(socket).authorized === true ? undefined : 'not authorized';
}

/** Ends it with RST and frees it: what was cut must not look complete. */
export function resetTlsSocket(socket: tls.TLSSocket): void {
  const below = internalsOf(socket)._handle?._parent;
  if (typeof below?.reset === 'function') closeByReset(below);
  socket.destroy();
}

/**
 * Node closes the TCP handle below when the TLS socket is destroyed: then it is to be a reset. To reset a socket below first, and
 * destroy this one next, makes Node 20 read from freed memory when a write is under way.
 */
function closeByReset(handle: ResettableHandle): void {
  const { close, reset } = handle;
  handle.close = function closeOrReset(done) {
    if (reset?.call(this, done) !== 0) close.call(this, done);
  };
}
