// Begins and ends the traces of requests, for HTTP/1 and HTTP/2 alike.
import type { FrontendContext } from '../handler.js';
import type { AnswerWriter } from './answer-writer.js';
import type { RequestState } from './request-state.js';
import { RequestTrace, type TraceEnd, type TraceSink } from './request-trace.js';

/** Begins to keep what the request does, if anybody wants to know. */
export function beginTrace(
  request: RequestState,
  context: FrontendContext,
  traces: TraceSink,
): void {
  if (traces.isOn) request.trace = new RequestTrace(context, request, traces);
}

/** Counts what was written of an answer since the last time. */
export function countAnswer(
  answer: AnswerWriter,
  { trace }: RequestState,
  { counters }: FrontendContext,
): void {
  counters.bytesOut += answer.bytesOut;
  if (trace !== undefined) trace.bytesOut += answer.bytesOut;
  answer.bytesOut = 0;
}

/** How a request ended. */
export interface TraceEnding {
  readonly end: TraceEnd;
  /** For logs; '' = there is nothing to say. */
  readonly reason: string;
  /** Body bytes that the client sent. */
  readonly bytesIn: number;
}

/** Ends the trace, if there is one, and hands it to whoever wanted to know. */
export function endTrace(
  request: RequestState,
  context: FrontendContext,
  { end, reason, bytesIn }: TraceEnding,
): void {
  const { trace, decision } = request;
  if (trace === undefined) return;
  request.trace = undefined;
  trace.bytesIn = bytesIn;
  trace.route = decision?.route ?? '';
  trace.requestId = decision?.requestId ?? '';
  trace.finish(end, reason, context.environment.clock.now());
}
