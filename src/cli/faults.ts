// How the commands tell what is wrong: every fault of a spec on its own line, its path first.
import { EvenkeelError, renderIssue, SpecError, type SpecIssue } from '../core/errors.js';
import { inputName } from './read-spec.js';

/** An error as the issues of a spec; one without a path for what is no fault of a single field. */
export function issuesOf(error: unknown): readonly SpecIssue[] {
  if (error instanceof SpecError) return error.issues;
  if (error instanceof EvenkeelError)
    return [{ path: '', code: error.code, message: error.message }];
  throw error;
}

/**
 * `web.yaml: 2 faults`, then a line for each.
 * @param file - `-` = standard input
 */
export function renderIssues(file: string, issues: readonly SpecIssue[]): string {
  const [only] = issues;
  // A file that can't be read already says its name.
  if (issues.length === 1 && only?.code === 'EK_SPEC_FILE') return only.message;
  const title = `${inputName(file)}: ${issues.length} ${issues.length === 1 ? 'fault' : 'faults'}`;
  return [title, ...issues.map((issue) => `  ${renderIssue(issue)}`)].join('\n');
}
