// The first step of a parse: a copy that is plain JSON, so that nothing of the caller's is kept, frozen or changed.
import type { SpecIssue } from '../core/errors.js';
import { joinPath } from './path.js';

const DEEPEST = 32;

/**
 * Copies objects and lists; fields that are undefined count as left out.
 * What is no JSON (a function, a class instance, a date) becomes a symbol with its name, which no schema takes:
 * the message says what was wanted instead.
 */
export function toPlain(value: unknown, issues: SpecIssue[], path = '', depth = 0): unknown {
  if (typeof value !== 'object' || value === null)
    return isJsonScalar(value) ? value : Symbol(typeof value);
  if (depth > DEEPEST) {
    issues.push({
      path,
      code: 'EK_SPEC_INVALID',
      message: `is nested deeper than ${DEEPEST} levels`,
    });
    return null;
  }
  if (Array.isArray(value)) {
    return value.map((item, index) => toPlain(item, issues, joinPath(path, index), depth + 1));
  }
  if (!isPlainObject(value)) return Symbol(value.constructor.name);
  const copy: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(value)) {
    const at = joinPath(path, key);
    // An own key of this name could only change the prototype of what is built from it.
    if (key === '__proto__')
      issues.push({ path: at, code: 'EK_SPEC_INVALID', message: 'unknown key' });
    else if (inner !== undefined) copy[key] = toPlain(inner, issues, at, depth + 1);
  }
  return copy;
}

function isJsonScalar(value: unknown): boolean {
  return value === null || ['string', 'number', 'boolean', 'undefined'].includes(typeof value);
}

function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  // Objects of another realm (vm, worker) have another Object.prototype, whose own prototype is null too.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
