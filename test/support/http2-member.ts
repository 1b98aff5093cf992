// Members of HTTP/2 for tests, on node:http2, and raw ones that write their frames by hand.
import { once } from 'node:events';
import http2, {
  type IncomingHttpHeaders,
  type SecureServerOptions,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import { block, Flag, Frame, frame } from './raw-http2.js';
import { startTcpMember, type TcpMember, type TcpPeer } from './tcp-peers.js';

/** Serves one stream. */
export type ServeStream = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void;

/** A listening member. */
export interface Http2Member {
  readonly port: number;
  readonly address: string;
  /** Connections, in the order in which they came. */
  readonly sessions: ServerHttp2Session[];
  /** Heads of the requests, in the order in which they came. */
  readonly requests: IncomingHttpHeaders[];
  close(): Promise<void>;
}

/** Starts a member; with a key and a certificate it speaks TLS. */
export async function startHttp2Member(
  serve: ServeStream,
  options: SecureServerOptions & { readonly settings?: http2.Settings } = {},
): Promise<Http2Member> {
  const sessions: ServerHttp2Session[] = [];
  const requests: IncomingHttpHeaders[] = [];
  const server =
    options.key === undefined ? http2.createServer(options) : http2.createSecureServer(options);
  server.on('session', (session) => {
    sessions.push(session);
    session.on('error', () => {});
  });
  server.on('stream', (stream: ServerHttp2Stream, headers) => {
    requests.push(headers);
    stream.on('error', () => {});
    serve(stream, headers);
  });
  server.on('error', () => {});
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    address: `127.0.0.1:${port}`,
    sessions,
    requests,
    close: () => {
      for (const session of sessions) session.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** Answers with a status and a text. */
export function answer(stream: ServerHttp2Stream, text: string, headers: object = {}): void {
  stream.respond({ ':status': 200, ...headers });
  stream.end(text);
}

/** The server's side of a connection, written by hand. */
export class RawHttp2Server {
  readonly peer: TcpPeer;
  #at = 24;

  constructor(peer: TcpPeer) {
    this.peer = peer;
  }

  send(type: number, flags: number, stream: number, payload?: Buffer): void {
    this.peer.send(frame(type, flags, stream, payload));
  }

  /** The id of the next stream whose head comes; SETTINGS are acknowledged on the way. */
  async nextStream(): Promise<number> {
    for (;;) {
      const { type, flags, stream } = await this.next();
      if (type === Frame.settings && (flags & Flag.ack) === 0) {
        this.send(Frame.settings, Flag.ack, 0);
      }
      if (type === Frame.headers) return stream;
    }
  }

  /** The next frame. */
  async next(): Promise<{ type: number; flags: number; stream: number; payload: Buffer }> {
    await this.peer.read(this.#at + 9);
    const head = Buffer.from(this.peer.received.subarray(this.#at, this.#at + 9));
    const length = head.readUIntBE(0, 3);
    await this.peer.read(this.#at + 9 + length);
    const payload = Buffer.from(this.peer.received.subarray(this.#at + 9, this.#at + 9 + length));
    this.#at += 9 + length;
    return { type: head[3]!, flags: head[4]!, stream: head.readUInt32BE(5), payload };
  }

  answer(stream: number, fields: [string, string][], isEnded: boolean): void {
    const flags = Flag.endHeaders | (isEnded ? Flag.endStream : 0);
    this.send(Frame.headers, flags, stream, block(fields));
  }
}

/** Starts a member that writes its frames by hand; empty SETTINGS are sent first. */
export function startRawHttp2Member(
  serve: (server: RawHttp2Server) => Promise<void>,
): Promise<TcpMember> {
  return startTcpMember((peer) => {
    const server = new RawHttp2Server(peer);
    server.send(Frame.settings, 0, 0);
    // A test that is over closes the connection under it.
    serve(server).catch(() => {});
  });
}
