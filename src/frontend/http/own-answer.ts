// An answer that the balancer gives itself, with what the frontend and the policy add to it.
import type { FrontendContext } from '../handler.js';
import { type AnswerContent, type AnswerStatus, renderAnswer } from './answers.js';
import type { HttpSettings } from './http-settings.js';
import { renderLines } from './policy/head-changes.js';
import type { RequestState } from './request-state.js';

/** What an answer of the balancer's own depends on, besides itself. */
export interface OwnAnswerParts {
  readonly request: RequestState;
  readonly settings: HttpSettings;
  readonly context: FrontendContext;
  /** For logs. */
  readonly reason: string;
}

/**
 * Counts the answer, notes it in the trace, and renders it as latin1 text: the frontend's lines, those of the policy, and an
 * error page if there is one.
 */
export function makeOwnAnswer(
  status: AnswerStatus,
  content: AnswerContent,
  { request, settings, context, reason }: OwnAnswerParts,
): string {
  const { counters, environment } = context;
  const { ownLines, errorPages } = settings;
  const { decision } = request;
  if (status >= 400) counters.failed++;
  counters.answers.count(status);
  const always = decision === undefined ? '' : renderLines(decision.always);
  const lines = ownLines + always + (content.lines ?? '');
  const page = content.body === undefined ? errorPages?.get(status) : undefined;
  const text = renderAnswer(status, request, environment.clock, { ...content, ...page, lines });
  counters.bytesOut += text.length;
  request.trace?.onAnswered(status, text.length, reason);
  return text;
}
