// Checks what the test kit is told by the same means as a spec: every fault at once, each with its path.
import { SpecError, type SpecIssue } from '../core/errors.js';
import { toDocumentOrder } from '../spec/issue-order.js';
import type { ObjectOf } from '../spec/shape.js';
import { checkShape } from '../spec/shape-issues.js';

/**
 * @internal The settings, if they are right.
 * @throws SpecError with every fault
 */
export function checkSettings<T>(schema: ObjectOf<T>, value: unknown): T {
  const issues: SpecIssue[] = [];
  const settings = checkShape(schema, value, issues);
  if (settings === undefined || issues.length > 0)
    throw new SpecError(toDocumentOrder(issues, value));
  return settings;
}
