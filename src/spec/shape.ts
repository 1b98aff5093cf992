// How the schema is put together: objects that match an interface field by field, choices, and what editors are told.
// oxlint-disable typescript/no-unsafe-type-assertion -- a shape that is generic in T is beyond zod's own types; Shape<T> proves it instead
import { z } from 'zod';
import type { IsOptional } from './filled.js';
import { expectedGot, expectedOneOf, unknownKey } from './wording.js';

/** Keywords of JSON Schema. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** What editors are told about a piece of the schema; ours alone, so that two copies of the library never meet. */
export const descriptions: z.core.$ZodRegistry<JsonSchema> = z.registry<JsonSchema>();

/** Notes `json` about `schema` and returns it. */
export function describe<S extends z.ZodType>(schema: S, json: JsonSchema): S {
  descriptions.add(schema, json);
  return schema;
}

/** One schema per field of `T`: no field is forgotten, and what is optional in one is optional in the other. */
export type Shape<T> = {
  readonly [K in keyof T]-?: IsOptional<T, K> extends true
    ? z.ZodExactOptional<z.ZodType<T[K]>>
    : z.ZodType<T[K]>;
};

/** An object with exactly the fields of `T`. */
export function object<T extends object>(shape: Shape<T>, json: JsonSchema = {}): ObjectOf<T> {
  const known = Object.keys(shape);
  const schema = z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? issue.keys.map((key) => unknownKey(key, known)).join('\n')
        : expectedGot('an object', issue.input),
  });
  return describe(schema, json) as unknown as ObjectOf<T>;
}

/** A schema of an object; still an object to zod, so that it can be part of a {@link tagged} choice. */
export type ObjectOf<T> = z.ZodType<T> & { readonly shape: Readonly<Record<string, z.ZodType>> };

/** A field that may be left out. */
export function optional<T>(
  schema: z.ZodType<T>,
  description: string,
): z.ZodExactOptional<z.ZodType<T>> {
  return describe(z.exactOptional(schema), { description });
}

/** A field that must be there. */
export function required<T>(schema: z.ZodType<T>, description: string): z.ZodType<T> {
  // A clone: the same leaf serves many fields, each with its own description.
  const own = schema.clone();
  return describe(own, { ...descriptions.get(schema), description });
}

/** One of a few texts. */
export function oneOf<const T extends string>(...choices: readonly T[]): z.ZodType<T> {
  return z.enum(choices, {
    error: (issue) => expectedOneOf(choices, issue.input),
  });
}

/** A list of at least `minimum` items; `what` names one item. */
export function list<T>(
  item: z.ZodType<T>,
  what: string,
  minimum: number = 0,
): z.ZodType<readonly T[]> {
  return z
    .array(item, { error: (issue) => expectedGot('a list', issue.input) })
    .min(minimum, { error: () => `expected at least one ${what}` });
}

/** A map from texts to values. */
export function mapOf<T>(
  value: z.ZodType<T>,
  key: z.ZodType<string> = z.string(),
): z.ZodType<Readonly<Record<string, T>>> {
  return z.record(key as z.ZodString, value, {
    error: (issue) =>
      issue.code === 'invalid_type' ? expectedGot('an object', issue.input) : undefined,
  });
}

/** One of several forms that look different; `what` completes "expected ...". */
export function either<T>(
  what: string,
  ...forms: readonly [z.ZodType<T>, z.ZodType<T>, ...z.ZodType<T>[]]
): z.ZodType<T> {
  return z.union(forms, { error: (issue) => expectedGot(what, issue.input) });
}

/** One of several objects, told apart by the text in the field `key`. */
export function tagged<T extends object>(
  key: keyof T & string,
  ...forms: readonly ObjectOf<T>[]
): z.ZodType<T> {
  const options = forms as readonly unknown[] as [z.ZodObject, ...z.ZodObject[]];
  return z.discriminatedUnion(key, options, {
    error: (issue) => expectedGot('an object', issue.input),
  }) as unknown as z.ZodType<T>;
}
