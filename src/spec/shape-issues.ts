// From zod's issues to ours: a path, a code and a sentence, and of a choice only the form that was probably meant.
import type { z } from 'zod';
import type { SpecIssue } from '../core/errors.js';
import { joinPath } from './path.js';
import { expectedGot, expectedOneOf } from './wording.js';

type ZodIssue = z.core.$ZodIssue;

/**
 * Checks the shape of `value`: what it is, if it is a `T`, and every fault if not.
 * @param issues - where faults go
 */
export function checkShape<T>(
  schema: z.ZodType<T>,
  value: unknown,
  issues: SpecIssue[],
): T | undefined {
  const result = schema.safeParse(value, {
    error: (issue) => expectedGot('another value', issue.input),
  });
  if (result.success) return result.data;
  for (const issue of result.error.issues) translate(issue, '', value, issues);
  return undefined;
}

/** `value` is where the issue's path starts. */
function translate(issue: ZodIssue, base: string, value: unknown, found: SpecIssue[]): void {
  let path = base;
  let input = value;
  for (const segment of issue.path) {
    const key = typeof segment === 'symbol' ? String(segment) : segment;
    path = joinPath(path, key);
    input = readField(input, key);
  }
  const report = (at: string, message: string): void => {
    found.push({ path: at, code: 'EK_SPEC_INVALID', message });
  };
  switch (issue.code) {
    case 'unrecognized_keys':
      // `object` writes one line per key.
      for (const [index, message] of issue.message.split('\n').entries()) {
        report(joinPath(path, issue.keys[index] ?? ''), message);
      }
      break;
    case 'invalid_key':
      report(path, issue.issues[0]?.message ?? issue.message);
      break;
    case 'invalid_union':
      translateChoice(issue, path, input, found);
      break;
    default:
      report(path, issue.message);
  }
}

function translateChoice(
  issue: Extract<ZodIssue, { code: 'invalid_union' }>,
  path: string,
  input: unknown,
  found: SpecIssue[],
): void {
  if ('options' in issue && Array.isArray(issue.options)) {
    const choices = issue.options.map(String);
    found.push({ path, code: 'EK_SPEC_INVALID', message: expectedOneOf(choices, input) });
    return;
  }
  const form = likelyForm(issue.errors, input);
  if (form === undefined) found.push({ path, code: 'EK_SPEC_INVALID', message: issue.message });
  else for (const inner of form) translate(inner, path, input, found);
}

/** The issues of the form that fits best: one whose fault lies inside, or the only one for texts. */
function likelyForm(forms: readonly ZodIssue[][], input: unknown): readonly ZodIssue[] | undefined {
  const inside = forms.filter((issues) => !issues.some(isAtRoot));
  if (inside.length > 0)
    return inside.reduce((best, form) => (cost(form) < cost(best) ? form : best));
  if (typeof input !== 'string') return undefined;
  const forTexts = forms.filter((issues) => !issues.some((issue) => issue.code === 'invalid_type'));
  return forTexts.length === 1 ? forTexts[0] : undefined;
}

function isAtRoot(issue: ZodIssue): boolean {
  return issue.path.length === 0 && issue.code !== 'unrecognized_keys';
}

function cost(issues: readonly ZodIssue[]): number {
  let total = 0;
  for (const issue of issues) total += issue.code === 'unrecognized_keys' ? issue.keys.length : 1;
  return total;
}

function readField(value: unknown, key: string | number): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
}
