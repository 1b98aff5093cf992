// Other values that a field of a spec might have.
import { splitPath } from '../../src/emit/config-paths.js';
import type { SchemaNode } from './spec-fields.js';

/** Texts of many kinds: one of them fits almost every field. */
const TEXTS: readonly string[] = [
  'other',
  '/other',
  'other.example',
  '192.0.2.0/24',
  '192.0.2.77',
  '192.0.2.77:77',
  'x-other',
  'text/other',
  '404',
  '401,403',
  'aabb',
  'HOME',
];

/** Values to put in the place of another, those that the schema names first. */
export function alternatives(value: unknown, forms: readonly SchemaNode[]): readonly unknown[] {
  const named = forms.flatMap(({ enum: values }) => (Array.isArray(values) ? values : []));
  const others: unknown[] = [...named];
  if (typeof value === 'boolean') others.push(!value);
  if (typeof value === 'number')
    others.push(value + 1, value * 2, value + 1000, Math.ceil(value / 2));
  if (typeof value === 'string') others.push(...TEXTS, `${value}x`, `${value}x/`);
  return others.filter((other) => other !== value);
}

/** A copy with another value at a path. */
export function withValue(root: object, path: string, value: unknown): object {
  const copy = structuredClone(root);
  const segments = splitPath(path);
  let holder: object = copy;
  for (const segment of segments.slice(0, -1)) holder = Reflect.get(holder, segment) as object;
  Reflect.set(holder, segments.at(-1) ?? '', value);
  return copy;
}
