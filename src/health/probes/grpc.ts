// gRPC health checking protocol: grpc.health.v1.Health/Check over cleartext HTTP/2.
import { type ClientHttp2Stream, connect, type IncomingHttpHeaders } from 'node:http2';
import { renderHostPort } from '../../core/address.js';
import type { MonitorConfig } from '../../spec/config.js';
import type { Probe, ProbeResult, ProbeTarget } from '../probe.js';
import { failure, MAX_ANSWER_BYTES, success, whenAborted } from './conversation.js';
import { parseHealthStatus, renderHealthRequest } from './grpc-messages.js';

const PATH = '/grpc.health.v1.Health/Check';

/** Good is SERVING; NOT_SERVING, an unknown service and a server without the health service are not. */
export class GrpcProbe implements Probe {
  readonly #request: Buffer;

  constructor(config: Pick<MonitorConfig, 'service'>) {
    this.#request = renderHealthRequest(config.service ?? '');
  }

  async check(target: ProbeTarget, signal: AbortSignal): Promise<ProbeResult> {
    const session = connect(`http://${renderHostPort(target)}`);
    try {
      return await new Promise((resolve, reject) => {
        whenAborted(session, signal, reject);
        session.on('error', reject);
        session.on('close', () => reject(new Error('connection closed without an answer')));
        const stream = session.request({
          ':method': 'POST',
          ':path': PATH,
          'content-type': 'application/grpc',
          te: 'trailers',
          'user-agent': 'evenkeel-health',
        });
        listen(stream).then(resolve, reject);
        stream.end(this.#request);
      });
    } finally {
      session.destroy();
    }
  }
}

/** Collects status, message and trailers of one call. */
function listen(stream: ClientHttp2Stream): Promise<ProbeResult> {
  return new Promise((resolve, reject) => {
    let httpStatus = 0;
    let grpcStatus: string | undefined;
    let received: Buffer = Buffer.alloc(0);
    const readStatus = (headers: IncomingHttpHeaders): void => {
      const status = headers['grpc-status'];
      if (typeof status === 'string') grpcStatus = status;
    };
    stream.on('response', (headers) => {
      httpStatus = headers[':status'] ?? 0;
      readStatus(headers);
    });
    stream.on('trailers', readStatus);
    stream.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (received.length > MAX_ANSWER_BYTES) resolve(failure('the answer is too long'));
    });
    stream.on('end', () => resolve(judge(httpStatus, grpcStatus, received)));
    stream.on('error', reject);
  });
}

function judge(httpStatus: number, grpcStatus: string | undefined, body: Buffer): ProbeResult {
  if (httpStatus !== 200) return failure(`status ${httpStatus}`);
  if (grpcStatus !== '0') return failure(`grpc status ${grpcStatus ?? 'missing'}`);
  const status = parseHealthStatus(body);
  return status === 'SERVING' ? success(status) : failure(status);
}
