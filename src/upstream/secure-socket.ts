// What the server's side asks of a connection with TLS on it, whichever way it was made.
import type { X509Certificate } from 'node:crypto';
import type { SecureContext, TLSSocketOptions } from 'node:tls';
import type { ByteSocket } from './byte-socket.js';

/** What the server's side of a TLS connection is made with. */
export interface ServerSide {
  /** To be passed to `tls.TLSSocket`. */
  readonly options: TLSSocketOptions;
  /** The protocols of the options as the wire has them; absent = none. */
  readonly alpn?: Buffer;
  /** The context for a server name (lower case), undefined = that of the options; absent = nobody looks at the name. */
  readonly choose?: (serverName: string) => SecureContext | undefined;
}

/**
 * A `RawTlsSocket`, or Node's own. Its bytes come once the handshake is done, which 'secure' tells of; what is known of the client
 * may be asked for from then on, as long as it isn't destroyed. After a pause a few more records may come: those that were read already.
 */
export interface SecureSocket extends ByteSocket {
  readonly encrypted: true;
  /** What the client asked for, as it wrote it; false or null = nothing. */
  readonly servername?: string | false | null;
  /** false or null = none. */
  readonly alpnProtocol: string | false | null;
  getProtocol(): string | null;
  getCipher(): { readonly standardName?: string } | undefined;
  /** What was shown to the client. */
  getX509Certificate(): X509Certificate | undefined;
  /** What the client has shown, good or bad. */
  getPeerX509Certificate(): X509Certificate | undefined;
}
