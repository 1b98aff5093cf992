// The JSON Schema: it takes what users may write, and refuses what is plainly wrong.
// oxlint-disable typescript/no-unsafe-type-assertion -- a JSON Schema is read as the JSON it is
import { describe, expect, test } from 'vitest';
import { jsonSchema } from '../../../src/spec/json-schema.js';
import { REFERENCE_SERVICE, REFERENCE_SPEC } from './reference-spec.js';
import { frontend, pool, spec, withFrontend, withPool } from './support.js';

type Json = Readonly<Record<string, unknown>>;

const schema = jsonSchema() as Json;
const definitions = schema['$defs'] as Readonly<Record<string, Json>>;

/** What each keyword asks; one that is not here fails the test, so that none is passed over. */
const KEYWORDS: Readonly<Record<string, (value: unknown, wanted: never, own: Json) => boolean>> = {
  $schema: () => true,
  $defs: () => true,
  title: () => true,
  description: () => true,
  format: () => true,
  id: () => true,
  $ref: (value, ref: string) => accepts(definitions[ref.replace('#/$defs/', '')] ?? {}, value),
  anyOf: (value, forms: readonly Json[]) => forms.some((form) => accepts(form, value)),
  oneOf: (value, forms: readonly Json[]) =>
    forms.filter((form) => accepts(form, value)).length === 1,
  type: (value, types: string | readonly string[]) =>
    [types].flat().some((type) => isOf(value, type)),
  enum: (value, values: readonly unknown[]) => values.includes(value),
  const: (value, wanted: unknown) => value === wanted,
  minimum: (value, least: number) => typeof value !== 'number' || value >= least,
  maximum: (value, most: number) => typeof value !== 'number' || value <= most,
  exclusiveMinimum: (value, bound: number) => typeof value !== 'number' || value > bound,
  minLength: (value, least: number) => typeof value !== 'string' || value.length >= least,
  maxLength: (value, most: number) => typeof value !== 'string' || value.length <= most,
  minItems: (value, least: number) => !Array.isArray(value) || value.length >= least,
  pattern: (value, pattern: string) => typeof value !== 'string' || new RegExp(pattern).test(value),
  items: (value, item: Json) => !Array.isArray(value) || value.every((one) => accepts(item, one)),
  required: (value, keys: readonly string[]) =>
    !isOf(value, 'object') || keys.every((key) => Object.hasOwn(value as object, key)),
  properties: (value, properties: Readonly<Record<string, Json>>) =>
    !isOf(value, 'object') ||
    Object.entries(value as object).every(([key, inner]) => accepts(properties[key] ?? {}, inner)),
  propertyNames: (value, names: Json) =>
    !isOf(value, 'object') || Object.keys(value as object).every((key) => accepts(names, key)),
  additionalProperties: (value, rest: Json | false, own) =>
    !isOf(value, 'object') ||
    Object.entries(value as object).every(
      ([key, inner]) =>
        Object.hasOwn((own['properties'] as object | undefined) ?? {}, key) ||
        (rest !== false && accepts(rest, inner)),
    ),
};

function accepts(own: Json, value: unknown): boolean {
  return Object.entries(own).every(([keyword, wanted]) => {
    const check = KEYWORDS[keyword];
    if (check === undefined) throw new Error(`the test does not know the keyword ${keyword}`);
    return check(value, wanted as never, own);
  });
}

function isOf(value: unknown, type: string): boolean {
  if (type === 'integer') return Number.isInteger(value);
  if (type === 'array') return Array.isArray(value);
  if (type === 'object')
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  return typeof value === type;
}

describe('jsonSchema', () => {
  test('is of draft 2020-12 and can be written as JSON', () => {
    expect(schema['$schema']).toBe('https://json-schema.org/draft/2020-12/schema');
    expect(JSON.parse(JSON.stringify(schema))).toEqual(schema);
  });

  test('takes the reference examples, refused blocks included', () => {
    expect(accepts(schema, REFERENCE_SPEC)).toBe(true);
    expect(accepts(schema, REFERENCE_SERVICE)).toBe(true);
  });

  test.each([
    ['a single bind', withFrontend({ bind: ':80' })],
    ['numbers of ms', withFrontend({ timeouts: { client: 50_000 } })],
    ['a short form of a monitor', withPool({ health: 'http:/health:5s' })],
    [
      'a strategy with options',
      withPool({ strategy: { type: 'hash', key: { header: 'x-user' } } }),
    ],
    ['a list of limits', withFrontend({ rateLimit: [{ requests: 1, window: '1s' }] })],
    ['a retry on a number', withPool({ retries: { on: ['connect-failure', 503] } })],
    ['a service of texts', { backends: ['10.0.0.1:80'], healthCheck: 'tcp:5s' }],
  ])('takes %s', (_, input) => {
    expect(accepts(schema, input)).toBe(true);
  });

  test.each([
    ['a mistyped key', spec({ frontend: [] })],
    ['a mistyped key in a pool', withPool({ membres: [] })],
    ['a protocol that is none', withFrontend({ protocol: 'htp' })],
    ['a duration with a wrong unit', withFrontend({ timeouts: { client: '5sec' } })],
    ['a weight out of its range', withPool({ members: [{ address: 'a:1', weight: 257 }] })],
    ['a name with capitals', spec({ pools: [pool({ name: 'Web' })], frontends: [frontend()] })],
    ['a strategy that is none', withPool({ strategy: 'rond-robin' })],
    ['a pool without a name', spec({ pools: [{}] })],
    ['a text', 'web'],
  ])('refuses %s', (_, input) => {
    expect(accepts(schema, input)).toBe(false);
  });

  test('says something about every field', () => {
    const silent: string[] = [];
    const walk = (own: unknown, path: string): void => {
      if (typeof own !== 'object' || own === null) return;
      for (const [key, inner] of Object.entries(own)) {
        if (key === 'properties') {
          for (const [name, field] of Object.entries(inner as Json)) {
            if (!(field as Json)['description']) silent.push(`${path}.${name}`);
          }
        }
        walk(inner, `${path}.${key}`);
      }
    };
    walk(schema, '');
    expect(silent).toEqual([]);
  });
});
