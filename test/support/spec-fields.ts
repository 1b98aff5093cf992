// Every field that the schema knows, found by walking it: what no table of tests may forget.
import { jsonSchema } from '../../src/spec/json-schema.js';

/** What JSON Schema says of a value. */
export type SchemaNode = Readonly<Record<string, unknown>>;

/** A field of a balancer. */
export interface SpecField {
  /** `pools[].members[].labels.*`; `*~` behind the dot is a key that somebody chooses. */
  readonly path: string;
  /** Its forms: several where the schema has alternatives. */
  readonly forms: readonly SchemaNode[];
}

/** The fields without any below them, in the order of the schema. */
export function specFields(): readonly SpecField[] {
  const root: SchemaNode = { ...jsonSchema() };
  const [balancer] = nodes(root['anyOf']);
  const forms = new Map<string, SchemaNode[]>();
  walk(root, balancer ?? {}, '', (path, node) => {
    const known = forms.get(path);
    if (known === undefined) forms.set(path, [node]);
    else known.push(node);
  });
  return [...forms].map(([path, nodesOfPath]) => ({ path, forms: nodesOfPath }));
}

/** `frontends[0].headers.request.set["X-A"]` -> `frontends[].headers.request.set.*`, where the schema has a map. */
export function schemaPath(path: string, fields: ReadonlySet<string>): string | undefined {
  const general = path.replaceAll(/\[\d+\]/g, '[]');
  if (fields.has(general)) return general;
  const ofMap = general.replace(/(?:\.[\w-]+|\["(?:[^"\\]|\\.)*"\])$/, '.*');
  return fields.has(ofMap) ? ofMap : undefined;
}

type Visit = (path: string, node: SchemaNode) => void;

function walk(root: SchemaNode, given: SchemaNode, path: string, visit: Visit): void {
  const node = resolve(root, given);
  const alternatives = nodes(node['anyOf'] ?? node['oneOf']);
  if (alternatives.length > 0) {
    for (const alternative of alternatives) walk(root, alternative, path, visit);
  } else if (node['type'] === 'object') {
    for (const [key, inner] of Object.entries(nodeOf(node['properties'])))
      walk(root, nodeOf(inner), path === '' ? key : `${path}.${key}`, visit);
    if (isNode(node['additionalProperties'])) {
      walk(root, nodeOf(node['propertyNames']), `${path}.*~`, visit);
      walk(root, node['additionalProperties'], `${path}.*`, visit);
    }
  } else if (node['type'] === 'array') walk(root, nodeOf(node['items']), `${path}[]`, visit);
  else visit(path, node);
}

function resolve(root: SchemaNode, node: SchemaNode): SchemaNode {
  const reference = node['$ref'];
  if (typeof reference !== 'string') return node;
  let found: unknown = root;
  for (const key of reference.split('/').slice(1)) found = nodeOf(found)[key];
  return nodeOf(found);
}

function isNode(value: unknown): value is SchemaNode {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function nodeOf(value: unknown): SchemaNode {
  return isNode(value) ? value : {};
}

function nodes(value: unknown): readonly SchemaNode[] {
  return Array.isArray(value) ? value.filter(isNode) : [];
}
