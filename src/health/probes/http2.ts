// One request of HTTP/2, judged by its status and body as those of HTTP/1.1 are.
import {
  type ClientHttp2Stream,
  connect,
  type OutgoingHttpHeaders,
  type SecureClientSessionOptions,
} from 'node:http2';
import { renderHostPort } from '../../core/address.js';
import type { MonitorConfig, PoolTlsConfig } from '../../spec/config.js';
import type { Probe, ProbeResult, ProbeTarget } from '../probe.js';
import { MAX_ANSWER_BYTES, whenAborted } from './conversation.js';
import { HttpJudge } from './http-judge.js';
import { ProbeTls } from './probe-tls.js';

/** Asks on a connection of its own, in the clear or over TLS (ALPN `h2`). */
export class Http2Probe implements Probe {
  readonly #config: MonitorConfig;
  readonly #tls: ProbeTls;
  readonly #judge: HttpJudge;

  constructor(config: MonitorConfig, tls?: PoolTlsConfig) {
    this.#config = config;
    this.#tls = new ProbeTls(config, tls);
    this.#judge = new HttpJudge(config);
  }

  async check(target: ProbeTarget, signal: AbortSignal): Promise<ProbeResult> {
    const { type } = this.#config;
    const options: SecureClientSessionOptions =
      type === 'https' ? this.#tls.optionsFor(target.host) : {};
    const session = connect(`${type}://${renderHostPort(target)}`, options);
    try {
      const { status, body } = await new Promise<Answer>((resolve, reject) => {
        whenAborted(session, signal, reject);
        session.on('error', reject);
        session.on('close', () => reject(new Error('connection closed without an answer')));
        readAnswer(session.request(this.#fields(target), { endStream: true })).then(
          resolve,
          reject,
        );
      });
      return this.#judge.judge(status, body);
    } finally {
      session.destroy();
    }
  }

  #fields(target: ProbeTarget): OutgoingHttpHeaders {
    const { method, path } = this.#config;
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(this.#config.headers)) {
      headers[name.toLowerCase()] = value;
    }
    const { host = renderHostPort(target), ...others } = headers;
    return {
      ':method': method,
      ':path': path,
      ':authority': host,
      'user-agent': 'evenkeel-health',
      accept: '*/*',
      ...others,
    };
  }
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

/** The status and the first 64 KiB of the body; rejects if it ends before it should. */
function readAnswer(stream: ClientHttp2Stream): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    let status = 0;
    const finish = (): void => {
      const body = Buffer.concat(chunks).subarray(0, MAX_ANSWER_BYTES).toString('utf8');
      resolve({ status, body });
    };
    stream.on('response', (headers) => {
      status = headers[':status'] ?? 0;
    });
    stream.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      length += chunk.length;
      if (length >= MAX_ANSWER_BYTES) finish();
    });
    stream.on('error', reject);
    stream.on('close', () => {
      if (stream.rstCode === 0) finish();
      else reject(new Error('connection closed before the answer ended'));
    });
  });
}
