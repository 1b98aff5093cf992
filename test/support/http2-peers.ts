// Clients of HTTP/2 for tests, on node:http2.
import { once } from 'node:events';
import http2, {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type SecureClientSessionOptions,
} from 'node:http2';

/** One answer, read to its end. */
export interface Http2Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly trailers: IncomingHttpHeaders;
  /** Status of each 1xx head before it. */
  readonly informational: number[];
}

/** What a request brings besides its path. */
export interface Http2Ask {
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: string | Buffer;
  readonly trailers?: OutgoingHttpHeaders;
}

/** A connection of a client. */
export class Http2Client {
  readonly session: ClientHttp2Session;

  constructor(session: ClientHttp2Session) {
    this.session = session;
  }

  /** Opens a stream; the caller writes and reads it. */
  open(path: string, headers: OutgoingHttpHeaders = {}, options: object = {}): ClientHttp2Stream {
    const stream = this.session.request({ ':path': path, ...headers }, options);
    // Who waits for an answer hears of it there.
    stream.on('error', () => {});
    return stream;
  }

  /** One request and its answer; rejects when the stream is reset. */
  async ask(path: string, { headers = {}, body, trailers }: Http2Ask = {}): Promise<Http2Reply> {
    const hasBody = body !== undefined || trailers !== undefined;
    const stream = this.open(
      path,
      { ':method': hasBody ? 'POST' : 'GET', ...headers },
      { endStream: !hasBody, waitForTrailers: trailers !== undefined },
    );
    if (trailers !== undefined) stream.on('wantTrailers', () => stream.sendTrailers(trailers));
    if (hasBody) stream.end(body ?? '');
    return readReply(stream);
  }

  close(): Promise<void> {
    this.session.destroy();
    return Promise.resolve();
  }
}

/** Reads the answer of a stream; rejects when it is reset, or closed before its end. */
export function readReply(stream: ClientHttp2Stream): Promise<Http2Reply> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    const informational: number[] = [];
    let headers: IncomingHttpHeaders = {};
    let trailers: IncomingHttpHeaders = {};
    stream
      .on('headers', (one) => informational.push(Number(one[':status'])))
      .on('response', (one) => {
        headers = one;
      })
      .on('trailers', (one) => {
        trailers = one;
      })
      .on('data', (piece: Buffer) => pieces.push(piece))
      .on('error', reject)
      .on('close', () => {
        const status = Number(headers[':status'] ?? 0);
        if (stream.rstCode !== 0 || status === 0) {
          reject(new Error(`reset with code ${stream.rstCode} after status ${status}`));
        } else resolve({ status, headers, body: Buffer.concat(pieces), trailers, informational });
      });
  });
}

/** Connects to a port of 127.0.0.1: in the clear, or over TLS. */
export async function connectHttp2(
  port: number,
  options: SecureClientSessionOptions & { readonly tls?: boolean } = {},
): Promise<Http2Client> {
  const scheme = options.tls === true ? 'https' : 'http';
  const session = http2.connect(`${scheme}://127.0.0.1:${port}`, {
    maxSessionMemory: 1000,
    ...options,
  });
  session.on('error', () => {});
  await once(session, 'connect');
  return new Http2Client(session);
}
