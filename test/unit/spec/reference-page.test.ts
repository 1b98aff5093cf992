// The reference page has a row for every field of the schema, and no other.
// oxlint-disable typescript/no-unsafe-type-assertion -- a JSON Schema is read as the JSON it is
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { jsonSchema } from '../../../src/spec/json-schema.js';

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, Schema>>;
}

const root = jsonSchema() as Schema;
const page = readFileSync(new URL('../../../docs/spec.md', import.meta.url), 'utf8');

/** First cells of the tables under a heading, without the doubled ones. */
function rowsOf(heading: string): readonly string[] {
  const section = page.split(/^## /m).find((text) => text.startsWith(`${heading}\n`)) ?? '';
  const rows = [...section.matchAll(/^\| `([^`]+)` \|/gm)].map((match) => match[1] ?? '');
  return [...new Set(rows)].sort();
}

/** Fields of an object, those of objects within it with a dot; a choice among objects counts as one field. */
function fieldsOf(schema: Schema | undefined): readonly string[] {
  const forms = schema?.oneOf ?? schema?.anyOf?.flatMap((form) => form.oneOf ?? []);
  if (forms !== undefined) return [...new Set(forms.flatMap(fieldsOf))].sort();
  const fields = Object.entries(schema?.properties ?? {}).flatMap(([key, field]) =>
    field.properties === undefined ? [key] : fieldsOf(field).map((inner) => `${key}.${inner}`),
  );
  return fields.sort();
}

const pool = root.$defs?.['Pool']?.properties;

describe('docs/spec.md', () => {
  test.each(Object.keys(root.$defs ?? {}))('has every field of %s', (name) => {
    const fields = fieldsOf(root.$defs?.[name]);
    expect(fields.length).toBeGreaterThan(1);
    expect(rowsOf(name)).toEqual(fields);
  });

  test.each([
    ['Strategy', pool?.['strategy']],
    ['Discovery', pool?.['discovery']],
    ['Sticky', pool?.['sticky']],
  ])('has every field of %s', (name, schema) => {
    expect(fieldsOf(schema).length).toBeGreaterThan(3);
    expect(rowsOf(name)).toEqual(fieldsOf(schema));
  });

  test('links only to headings it has', () => {
    const anchors = [...page.matchAll(/^## (.*)$/gm)].map((match) =>
      (match[1] ?? '').toLowerCase().replaceAll(' ', '-'),
    );
    const links = [...page.matchAll(/\]\(#([^)]+)\)/g)].map((match) => match[1]);
    expect(links.filter((link) => !anchors.includes(link ?? ''))).toEqual([]);
  });
});
