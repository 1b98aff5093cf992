// Answers of the Runtime API: taken apart, and told apart into done and refused.
import { EvenkeelError } from '../../core/errors.js';

/**
 * What came for `a;b;c` -> an answer for each. An empty line ends an answer; one that is empty itself means done.
 *
 * ```
 *   "\nNo such server.\n\n\n"  ->  ["", "No such server.", ""]
 * ```
 */
export function splitAnswers(text: string): readonly string[] {
  const answers: string[] = [];
  let lines: string[] = [];
  for (const line of text.split('\n').slice(0, -1)) {
    if (line !== '') {
      lines.push(line);
      continue;
    }
    answers.push(lines.join('\n'));
    lines = [];
  }
  if (lines.length > 0) answers.push(lines.join('\n'));
  return answers;
}

/** What HAProxy says when it has done something and does not keep silent about it (2.6 to 3.2). */
const DONE =
  /^(New server registered|Server deleted|no need to change|(addr|address|IP|port|fqdn) ?.*changed|.* changed from|Transaction (created|updated)|Committing |New empty certificate store|Inserting |Certificate '.*' deleted|.*Success!|Entry '.*' deleted)/i;

/** Whether an answer to a command that changes something means that it was done. */
export function isDone(answer: string): boolean {
  const text = answer.trim();
  return text === '' || DONE.test(text);
}

/** Throws what HAProxy refused, in its own words. @throws EK_HAPROXY */
export function refuseUnlessDone(command: string, answer: string): void {
  if (isDone(answer)) return;
  // A certificate's payload never stands here, only the command.
  throw new EvenkeelError('EK_HAPROXY', `HAProxy refused "${command}": ${answer.trim()}`);
}
