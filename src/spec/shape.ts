// How the schema is put together: objects that match an interface field by field, choices, and what editors are told.
// oxlint-disable typescript/no-unsafe-type-assertion -- a shape that is generic in T is beyond zod's own types; Shape<T> proves it instead
import { z } from 'zod';
import type { IsOptional } from './filled.js';
import { expectedGot, expectedOneOf, listed, suggests, unknownKey } from './wording.js';

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

/** An object with more fields than this is not told by them. */
const MOST_TOLD = 7;

/** What a person may take for one another, and what faults call it. */
const NOUNS = {
  Frontend: 'frontends',
  Route: 'routes',
  Pool: 'pools',
  Member: 'members',
  Monitor: 'monitors',
  Service: 'services written flat',
  Match: 'matches of routes',
  HeaderChanges: 'request and response of headers',
  FrontendTimeouts: 'timeouts of frontends',
  PoolTimeouts: 'timeouts of pools',
} as const;

type Noun = keyof typeof NOUNS;

/** The keys of each of {@link NOUNS}; filled as the schema is put together. */
const nounKeys: Map<string, readonly string[]> = new Map();

/**
 * An object with exactly the fields of `T`. Faults of one that has a noun or an `id` say which others have a key that it does not know.
 * @param noun - @defaultValue its `id`, if that is one
 */
export function object<T extends object>(
  shape: Shape<T>,
  json: JsonSchema = {},
  noun?: Noun,
): ObjectOf<T> {
  const known = Object.keys(shape);
  const { id = noun } = json;
  if (typeof id !== 'string') return strict<T>(shape, json, () => undefined);
  if (Object.hasOwn(NOUNS, id)) nounKeys.set(id, known);
  return strict<T>(shape, json, (key, input) => mistyped(key, known, input) ?? otherNouns(key));
}

/** The fault of a key that is nearly, or means, one that is not there yet. */
function mistyped(key: string, known: readonly string[], input: unknown): string | undefined {
  const missing = known.filter((own) => !Object.hasOwn(Object(input), own));
  const message = unknownKey(key, missing);
  return suggests(message) ? message : undefined;
}

/** `unknown key; pools have it`. */
function otherNouns(key: string): string | undefined {
  const owners = Object.entries(NOUNS).filter(([id]) => nounKeys.get(id)?.includes(key) === true);
  if (owners.length === 0) return undefined;
  return `unknown key; ${listed(owners.map(([, words]) => words))} have it`;
}

function strict<T extends object>(
  shape: z.core.$ZodLooseShape,
  json: JsonSchema,
  hint: KeyHint,
): ObjectOf<T> {
  const known = Object.keys(shape);
  const schema: z.ZodType = z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? issue.keys.map((key) => hint(key, issue.input) ?? unknownKey(key, known)).join('\n')
        : expectedObject(known, issue.input) + takesDefaults(schema, issue.input),
  });
  return describe(schema, json) as unknown as ObjectOf<T>;
}

/** `expected an object {timeout}, got "5s"`. */
function expectedObject(known: readonly string[], input: unknown): string {
  const fields = known.length > MOST_TOLD ? '' : ` {${known.join(', ')}}`;
  return expectedGot(`an object${fields}`, input);
}

/** Who says `true` wants what an object without fields says, if there is such a thing. */
function takesDefaults(schema: z.ZodType, input: unknown): string {
  return input === true && schema.safeParse({}).success ? '; {} takes the defaults' : '';
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
    error: (issue) => expectedGot(`an object with a ${key}`, issue.input),
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
