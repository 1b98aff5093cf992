// The access log of an http frontend: one line for each request, also for those that were refused or broken off.
import type { FrontendConfig } from '../../spec/config.js';
import type { AccessLogConfig } from '../../spec/http-features-config.js';
import type { FrontendContext, PoolLookup } from '../handler.js';
import type { RequestTrace, TraceSink } from '../http/request-trace.js';
import { AccessLog } from './access-log.js';
import { type LineParts, renderHaproxyLine } from './haproxy-line.js';
import { renderJsonLine } from './json-line.js';
import { logWriterOf } from './log-writer.js';

/** Hears of every request, and writes a line at its end. */
export class RequestLog implements TraceSink {
  readonly isOn = true;
  readonly hearsTries = false;
  readonly #log: AccessLog;
  readonly #parts: LineParts | undefined;

  constructor(log: AccessLog, { format }: AccessLogConfig, parts: LineParts) {
    this.#log = log;
    this.#parts = format === 'haproxy' ? parts : undefined;
  }

  onStart(): void {}

  onTry(): void {}

  onEnd(trace: RequestTrace): void {
    const parts = this.#parts;
    this.#log.write(parts === undefined ? renderJsonLine(trace) : renderHaproxyLine(trace, parts));
  }
}

/** The access log that an http frontend asks for; undefined = none. */
export function createRequestLog(
  { accessLog }: FrontendConfig,
  pools: PoolLookup,
  context: FrontendContext,
): RequestLog | undefined {
  if (accessLog === undefined) return undefined;
  const writer = logWriterOf(context.accessLog, context.environment.clock);
  return new RequestLog(new AccessLog(writer, context), accessLog, { context, pools });
}
