// Starts a TLS connection to a member, read into buffers of our own.
import net from 'node:net';
import tls from 'node:tls';
import type { PoolTlsConfig } from '../spec/config.js';
import {
  type ClientPeer,
  type ClientTerms,
  clientTermsOf,
  serverNameFor,
} from '../tls/client-tls.js';
import { type DialOptions, dialPlain } from './dial-socket.js';
import { feedFromData, onReadOptions, type ReaderSlot, WRITE_MARK } from './socket-reader.js';

const NO_BUFFER = Buffer.alloc(0);

/** How a member is dialled with TLS. */
export interface TlsDial {
  /** An error = there are none: the connection fails with it. */
  readonly terms: ClientTerms | Error;
  readonly member: ClientPeer;
  /** To ask for, and to find in the certificate; '' = the member's IP address is looked for. */
  readonly serverName: string;
  /** Sent in the clear before TLS: a PROXY header. */
  readonly preamble: Buffer | undefined;
  /** Offered by ALPN; undefined = none. */
  readonly protocols: readonly string[] | undefined;
}

/**
 * What a pool's settings make of one connection.
 * @param host - the name that the client asked for, '' = none
 * @param preamble - a PROXY header, as bytes or latin1; '' or undefined = none
 */
export function tlsDialFor(
  tls: PoolTlsConfig,
  member: ClientPeer,
  host: string,
  preamble: Buffer | string | undefined,
  protocols: readonly string[] | undefined,
): TlsDial {
  const serverName = serverNameFor(tls, member, host);
  const bytes = typeof preamble === 'string' ? Buffer.from(preamble, 'latin1') : preamble;
  const first = bytes?.length === 0 ? undefined : bytes;
  return { terms: clientTermsOf(tls), member, serverName, preamble: first, protocols };
}

/**
 * Starts a connection whose bytes go to `slot.reader`; without a slot somebody else reads it. The caller hears 'secureConnect', 'error' and 'close', and keeps the deadline.
 * A certificate that is not what it must be is an 'error', and 'close' follows: nothing was sent that anybody could read.
 */
export function dialTls(dial: TlsDial, slot?: ReaderSlot, first: Buffer = NO_BUFFER): net.Socket {
  const { terms, member, serverName, preamble, protocols } = dial;
  if (terms instanceof Error) return new net.Socket().destroy(terms);
  const { config, context, sessions } = terms;
  const key = `${member.name} ${member.host}:${member.port} ${serverName}`;
  const session = sessions.get(key);
  const options: tls.ConnectionOptions = {
    host: member.host,
    port: member.port,
    secureContext: context,
    rejectUnauthorized: config.verify,
    ...(serverName === '' ? {} : { servername: serverName }),
    ...(protocols === undefined ? {} : { ALPNProtocols: [...protocols] }),
    ...(session === undefined ? {} : { session }),
  };
  const socket =
    preamble === undefined
      ? connectDirectly(options, slot, first)
      : connectBehind(preamble, options, slot, first);
  socket.on('session', (ticket: Buffer) => sessions.set(key, ticket));
  return socket;
}

function connectDirectly(
  options: tls.ConnectionOptions,
  slot: ReaderSlot | undefined,
  first: Buffer,
): tls.TLSSocket {
  const socket = tls.connect({
    ...options,
    allowHalfOpen: true,
    highWaterMark: WRITE_MARK,
    ...(slot === undefined ? {} : { onread: onReadOptions(slot, first) }),
  } as tls.ConnectionOptions);
  socket.once('connect', () => socket.setNoDelay(true));
  return socket;
}

/** TLS on a plain socket, which writes the preamble first. */
function connectBehind(
  preamble: Buffer,
  options: tls.ConnectionOptions,
  slot: ReaderSlot | undefined,
  first: Buffer,
): tls.TLSSocket {
  const target: DialOptions = { host: options.host ?? '', port: options.port ?? 0 };
  const below: net.Socket = dialPlain(target);
  below.write(preamble);
  const socket = tls.connect({ ...options, socket: below });
  if (slot !== undefined) {
    feedFromData(socket, slot, first);
    socket.resume();
  }
  return socket;
}

/** `CERT_HAS_EXPIRED: certificate has expired`, `ECONNREFUSED`: why a connection could not be made. */
export function describeDialFault(error: Error): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code === undefined) return error.message;
  return error.message.includes(code) ? error.message : `${code}: ${error.message}`;
}

/** Faults of a name: the member is well, but somebody else. */
const NAME_FAULTS: readonly string[] = [
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'ERR_SSL_TLSV1_UNRECOGNIZED_NAME',
  'ERR_SSL_TLSV1_ALERT_UNRECOGNIZED_NAME',
];

/** Whether a member was refused, or refused, because of a name that the client has chosen. Any client could bring that about. */
export function isMisdirected(error: Error, dial: TlsDial | undefined): boolean {
  if (dial === undefined || dial.terms instanceof Error) return false;
  if (dial.terms.config.sni !== 'host') return false;
  if (dial.serverName === '' || dial.serverName === dial.member.host) return false;
  return NAME_FAULTS.includes((error as NodeJS.ErrnoException).code ?? '');
}
