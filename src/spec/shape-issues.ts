// From zod's issues to ours: a path, a code and a sentence, and of a choice only the form that was probably meant.
import type { z } from 'zod';
import type { SpecIssue } from '../core/errors.js';
import { didYouMean } from '../core/nearest.js';
import { joinPath } from './path.js';
import { expectedGot, expectedOneOf, listed, suggests } from './wording.js';

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
  const report = (at: string, message: string): void => {
    found.push({ path: at, code: 'EK_SPEC_INVALID', message });
  };
  const form = likelyForm(issue.errors, input);
  if (form === undefined) return report(path, issue.message);
  const [first] = form;
  if (first?.code === 'invalid_value' && typeof input === 'string' && first.path.length === 0) {
    // A text that is none of those allowed: the other forms are told too.
    return report(path, `${issue.message}${didYouMean(input, first.values.map(String))}`);
  }
  const strangers = keysOfOthers(form, issue.errors);
  for (const inner of form) {
    if (inner.code !== 'unrecognized_keys' || inner.path.length > 0 || strangers.length === 0) {
      translate(inner, path, input, found);
      continue;
    }
    const own = Object.keys(input ?? {}).filter((key) => !inner.keys.includes(key));
    for (const [index, key] of inner.keys.entries()) {
      const message = inner.message.split('\n')[index] ?? '';
      const isStranger = strangers.includes(key) && own.length > 0;
      report(joinPath(path, key), isStranger ? `${key} does not go with ${listed(own)}` : message);
    }
  }
}

/** Keys that `form` does not know, but another form that is an object does. */
function keysOfOthers(form: readonly ZodIssue[], forms: readonly ZodIssue[][]): readonly string[] {
  const others = forms.filter((other) => other !== form && !other.some(isAtRoot));
  return unknownKeys(form).filter((key) =>
    others.some((other) => !unknownKeys(other).includes(key)),
  );
}

function unknownKeys(issues: readonly ZodIssue[]): readonly string[] {
  return issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys' && issue.path.length === 0 ? issue.keys : [],
  );
}

/** The issues of the form that fits best: one whose fault lies inside, or the only one for texts. */
function likelyForm(forms: readonly ZodIssue[][], input: unknown): readonly ZodIssue[] | undefined {
  const inside = forms.filter((issues) => !issues.some(isAtRoot));
  if (inside.length > 0) {
    const best = inside.reduce((least, form) => (cost(form) < cost(least) ? form : least));
    if (inside.length === 1 || Object.keys(input ?? {}).length > unknownKeys(best).length)
      return best;
    // Nothing in it is a key of the best form: one is meant only if a key is mistyped.
    return inside.find((form) => form.some(({ message }) => suggests(message)));
  }
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
