// How the schema is put together: objects that match an interface field by field, choices, and what editors are told.
// oxlint-disable typescript/no-unsafe-type-assertion -- a shape that is generic in T is beyond zod's own types; Shape<T> proves it instead
import { z } from 'zod';
import type { IsOptional } from './filled.js';
import { expectedGot, expectedOneOf, listed, unknownKey } from './wording.js';

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

/** What else may be said of a key that an object does not know; undefined = nothing. */
type KeyHint = (key: string, input: unknown) => string | undefined;

/** What a person may take for one another: their `id`, and a word for several. */
const NOUNS: Readonly<Record<string, string>> = {
  Frontend: 'frontends',
  Route: 'routes',
  Pool: 'pools',
  Member: 'members',
  Monitor: 'monitors',
  Service: 'services written flat',
};

/** The keys of each of {@link NOUNS}; filled as the schema is put together. */
const nounKeys: Map<string, readonly string[]> = new Map();

/** An object with exactly the fields of `T`. If its `id` is one of {@link NOUNS}, faults say which others have a key. */
export function object<T extends object>(shape: Shape<T>, json: JsonSchema = {}): ObjectOf<T> {
  const { id } = json;
  if (typeof id === 'string' && Object.hasOwn(NOUNS, id)) nounKeys.set(id, Object.keys(shape));
  return strict<T>(shape, json, typeof id === 'string' ? otherNouns : () => undefined);
}

/** `unknown key; pools have it`. */
function otherNouns(key: string): string | undefined {
  const owners = Object.entries(NOUNS).filter(([id]) => nounKeys.get(id)?.includes(key) === true);
  if (owners.length === 0) return undefined;
  return `unknown key; ${listed(owners.map(([, word]) => word))} have it`;
}

function strict<T extends object>(
  shape: z.core.$ZodLooseShape,
  json: JsonSchema,
  hint: KeyHint,
): ObjectOf<T> {
  const known = Object.keys(shape);
  const schema = z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? issue.keys.map((key) => hint(key, issue.input) ?? unknownKey(key, known)).join('\n')
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

/** One of several objects, told apart by the text in the field `key`. A form says of a key that another one has which one that is. */
export function tagged<T extends object>(
  key: keyof T & string,
  ...forms: readonly ObjectOf<T>[]
): z.ZodType<T> {
  const owned = forms.map((form) => strictAmong(key, form, forms));
  const options = owned as readonly unknown[] as [z.ZodObject, ...z.ZodObject[]];
  return z.discriminatedUnion(key, options, {
    error: (issue) => expectedGot('an object', issue.input),
  }) as unknown as z.ZodType<T>;
}

/** One form of a {@link tagged} choice. */
function strictAmong<T extends object>(
  tag: string,
  form: ObjectOf<T>,
  forms: readonly ObjectOf<T>[],
): ObjectOf<T> {
  return strict<T>(form.shape, descriptions.get(form) ?? {}, (key, input) => {
    const owners = forms.filter((other) => Object.hasOwn(other.shape, key));
    if (owners.length === 0) return undefined;
    const tags = owners.flatMap(({ shape }) => (shape[tag] as z.ZodEnum).options.map(String));
    return `${key} is for ${tag} ${listed(tags)}, not ${String(Reflect.get(input as object, tag))}`;
  });
}
