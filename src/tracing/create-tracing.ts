// Spans of OpenTelemetry for requests and their tries on members, made of what the diagnostics channels tell.
import diagnostics from 'node:diagnostics_channel';
import {
  type Context,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type TextMapPropagator,
  type Tracer,
  type TracerProvider,
  trace,
} from '@opentelemetry/api';
import type { Engine } from '../model/engine.js';
import type { RequestReport, TryReport } from '../model/request-report.js';
import {
  endAttributes,
  faultOf,
  methodWord,
  startAttributes,
  triedAttributes,
  tryAttributes,
  tryFaultOf,
} from './attributes.js';
import { W3cPropagator } from './w3c-propagator.js';

/** Whose requests are traced, and how. */
export interface TracingOptions {
  /** Its requests only. @defaultValue those of every balancer and frontend of the process */
  readonly balancer?: Pick<Engine, 'name'>;
  /** @defaultValue the one that is registered with `@opentelemetry/api` when tracing begins */
  readonly tracerProvider?: TracerProvider;
  /** How a trace goes on from client to member. @defaultValue a {@link W3cPropagator} */
  readonly propagator?: TextMapPropagator;
  /**
   * What becomes of a trace that a client is part of: its spans go on in it, they begin a trace of their own with a link to it, or
   * it is not looked at. Clients that nobody trusts should not decide what is sampled. @defaultValue 'continue'
   */
  readonly incoming?: 'continue' | 'link' | 'ignore';
}

/** Tracing that is on. */
export interface Tracing extends Disposable {
  /** Makes no more spans; those of requests under way are never ended. */
  close(): void;
}

/** The spans of one request. */
interface Spans {
  readonly request: Span;
  readonly context: Context;
  readonly tries: Span[];
}

/**
 * Makes a span for every HTTP request and one below it for each try on a member, and tells the member of the latter. Until it is
 * called, and after `close`, nothing is done for it per request.
 *
 * @example
 * ```ts
 * const tracing = createTracing({ tracerProvider });
 * ```
 */
export function createTracing(options: TracingOptions = {}): Tracing {
  const spans = new RequestSpans(options);
  const listeners: readonly (readonly [string, (message: unknown) => void])[] = [
    ['evenkeel:request:start', (message) => spans.onStart(message as RequestReport)],
    ['evenkeel:request:try', (message) => spans.onTry(message as TryReport)],
    ['evenkeel:request:end', (message) => spans.onEnd(message as RequestReport)],
  ];
  for (const [channel, listener] of listeners) diagnostics.subscribe(channel, listener);
  const close = (): void => {
    for (const [channel, listener] of listeners) diagnostics.unsubscribe(channel, listener);
  };
  return { close, [Symbol.dispose]: close };
}

class RequestSpans {
  readonly #tracer: Tracer;
  readonly #propagator: TextMapPropagator;
  readonly #incoming: 'continue' | 'link' | 'ignore';
  readonly #balancer: string | undefined;
  /** A request that never ends, since nobody tells of it any more, is forgotten with its report. */
  readonly #open: WeakMap<RequestReport, Spans> = new WeakMap();

  constructor({ balancer, tracerProvider, propagator, incoming }: TracingOptions) {
    this.#tracer = (tracerProvider ?? trace.getTracerProvider()).getTracer('evenkeel');
    this.#propagator = propagator ?? new W3cPropagator();
    this.#incoming = incoming ?? 'continue';
    this.#balancer = balancer?.name;
  }

  onStart(report: RequestReport): void {
    if (this.#balancer !== undefined && report.balancer !== this.#balancer) return;
    const received = this.#receive(report);
    const link = this.#incoming === 'link' ? trace.getSpanContext(received) : undefined;
    const parent = this.#incoming === 'continue' ? received : ROOT_CONTEXT;
    const request = this.#tracer.startSpan(
      methodWord(report),
      {
        kind: SpanKind.SERVER,
        startTime: report.at,
        attributes: startAttributes(report),
        ...(link !== undefined && { links: [{ context: link }] }),
      },
      parent,
    );
    const context = trace.setSpan(parent, request);
    this.#open.set(report, { request, context, tries: [] });
  }

  #receive(report: RequestReport): Context {
    if (this.#incoming === 'ignore') return ROOT_CONTEXT;
    return this.#propagator.extract(ROOT_CONTEXT, report, HEADERS);
  }

  onTry(attempt: TryReport): void {
    const spans = this.#open.get(attempt.request);
    if (spans === undefined) return;
    const span = this.#tracer.startSpan(
      methodWord(attempt.request),
      {
        kind: SpanKind.CLIENT,
        startTime: timeOf(attempt.request, attempt.leasedMs),
        attributes: tryAttributes(attempt),
      },
      spans.context,
    );
    spans.tries.push(span);
    const told = new ToldHeaders(attempt);
    this.#propagator.inject(trace.setSpan(spans.context, span), told, TOLD);
    // What is left of another trace would be taken for ours.
    if (told.isUsed) told.removeOthers(this.#propagator.fields());
  }

  onEnd(report: RequestReport): void {
    const spans = this.#open.get(report);
    if (spans === undefined) return;
    this.#open.delete(report);
    report.attempts.forEach((attempt, i) => endTry(attempt, spans.tries[i]));
    const { request } = spans;
    if (request.isRecording()) {
      if (report.route !== '') request.updateName(`${methodWord(report)} ${report.route}`);
      request.setAttributes(endAttributes(report));
      setFault(request, faultOf(report), report.reason);
    }
    request.end(timeOf(report, report.endMs));
  }
}

function endTry(attempt: TryReport, span: Span | undefined): void {
  if (span === undefined) return;
  if (span.isRecording()) {
    span.setAttributes(triedAttributes(attempt));
    setFault(span, tryFaultOf(attempt), '');
  }
  span.end(timeOf(attempt.request, attempt.endMs));
}

function setFault(span: Span, fault: string | undefined, message: string): void {
  if (fault === undefined) return;
  span.setAttribute('error.type', fault);
  span.setStatus({ code: SpanStatusCode.ERROR, ...(message !== '' && { message }) });
}

/** Unix ms of a moment of that request. */
function timeOf({ at, startMs }: RequestReport, ms: number): number {
  return at + (ms - startMs);
}

const HEADERS = {
  keys: (): string[] => [],
  get: (report: RequestReport, name: string): string | undefined =>
    report.header(name.toLowerCase()),
};

const TOLD = {
  set: (told: ToldHeaders, name: string, value: string): void => told.set(name, value),
};

/** Headers that a propagator sets for one try. */
class ToldHeaders {
  readonly #attempt: TryReport;
  readonly #names: Set<string> = new Set();

  constructor(attempt: TryReport) {
    this.#attempt = attempt;
  }

  get isUsed(): boolean {
    return this.#names.size > 0;
  }

  set(name: string, value: string): void {
    this.#names.add(name.toLowerCase());
    this.#attempt.setHeader(name, value);
  }

  removeOthers(names: readonly string[]): void {
    for (const name of names) {
      if (!this.#names.has(name.toLowerCase())) this.#attempt.setHeader(name, undefined);
    }
  }
}
