// An answer that the balancer gives itself, with what the frontend and the policy add to it.
import type { Clock } from '../../core/clock.js';
import { type AnswerContent, type AnswerStatus, renderAnswer } from './answers.js';
import type { HttpSettings } from './http-settings.js';
import { renderLines } from './policy/head-changes.js';
import type { RequestState } from './request-state.js';

/** The answer to `request` as latin1 text: the frontend's lines, those of the policy, and an error page if there is one. */
export function renderOwnAnswer(
  status: AnswerStatus,
  content: AnswerContent,
  request: RequestState,
  { ownLines, errorPages }: HttpSettings,
  clock: Clock,
): string {
  const { decision } = request;
  const always = decision === undefined ? '' : renderLines(decision.always);
  const lines = ownLines + always + (content.lines ?? '');
  const page = content.body === undefined ? errorPages?.get(status) : undefined;
  return renderAnswer(status, request, clock, { ...content, ...page, lines });
}
