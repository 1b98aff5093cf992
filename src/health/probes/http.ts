// One HTTP request, judged by its status and body.
import { type IncomingMessage, request as requestHttp } from 'node:http';
import { type RequestOptions as HttpsOptions, request as requestHttps } from 'node:https';
import type { MonitorConfig, PoolTlsConfig } from '../../spec/config.js';
import type { Probe, ProbeResult, ProbeTarget } from '../probe.js';
import { MAX_ANSWER_BYTES } from './conversation.js';
import { HttpJudge } from './http-judge.js';
import { ProbeTls } from './probe-tls.js';

/** Asks on a connection of its own (`Connection: close`), follows no redirect, reads at most 64 KiB. */
export class HttpProbe implements Probe {
  readonly #config: MonitorConfig;
  readonly #tls: ProbeTls;
  readonly #judge: HttpJudge;

  constructor(config: MonitorConfig, tls?: PoolTlsConfig) {
    this.#config = config;
    this.#tls = new ProbeTls(config, tls);
    this.#judge = new HttpJudge(config);
  }

  check(target: ProbeTarget, signal: AbortSignal): Promise<ProbeResult> {
    return new Promise((resolve, reject) => {
      const options = this.#optionsFor(target, signal);
      const request = this.#config.type === 'https' ? requestHttps(options) : requestHttp(options);
      request.on('error', reject);
      request.on('response', (response) => {
        const finish = (body: string): void => {
          resolve(this.#judge.judge(response.statusCode ?? 0, body));
          request.destroy();
        };
        readBody(response).then(finish, reject);
      });
      // A 101 has no body and takes the connection with it.
      request.on('upgrade', (response) => {
        resolve(this.#judge.judge(response.statusCode ?? 0, ''));
        request.destroy();
      });
      request.end();
    });
  }

  #optionsFor(target: ProbeTarget, signal: AbortSignal): HttpsOptions {
    const { type, method, path, headers } = this.#config;
    return {
      host: target.host,
      port: target.port,
      method,
      path,
      headers: { 'user-agent': 'evenkeel-health', accept: '*/*', ...headers },
      agent: false,
      signal,
      ...(type === 'https' ? this.#tls.optionsFor(target.host) : {}),
    };
  }
}

/** The first 64 KiB of the body; rejects if it ends before it should. */
function readBody(response: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const finish = (): void =>
      resolve(Buffer.concat(chunks).subarray(0, MAX_ANSWER_BYTES).toString('utf8'));
    response.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      length += chunk.length;
      if (length >= MAX_ANSWER_BYTES) finish();
    });
    response.on('end', finish);
    response.on('error', () => reject(new Error('connection closed before the answer ended')));
  });
}
