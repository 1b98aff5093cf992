// Changes of headers on the way: what a user writes, and what it expands to.

import type { HeaderChangesConfig, HeadersConfig } from './http-features-config.js';
import { headerName } from './http-leaf.js';
import { list, mapOf, type ObjectOf, object, optional } from './shape.js';
import { headerTemplate } from './template.js';

/** Changes of one direction, in this order: remove, set, add. */
export interface HeaderChangesSpec {
  /** Replaces a header. Values are templates. */
  readonly set?: Readonly<Record<string, string>>;
  /** Adds one more header. Values are templates. */
  readonly add?: Readonly<Record<string, string>>;
  readonly remove?: readonly string[];
}

/** Changes of request and response headers. */
export interface HeadersSpec {
  readonly request?: HeaderChangesSpec;
  readonly response?: HeaderChangesSpec;
}

const changes: ObjectOf<HeaderChangesSpec> = object<HeaderChangesSpec>(
  {
    set: optional(mapOf(headerTemplate, headerName), 'Replaces a header.'),
    add: optional(mapOf(headerTemplate, headerName), 'Adds one more header.'),
    remove: optional(list(headerName, 'header name'), 'Drops a header.'),
  },
  {},
  'HeaderChanges',
);

export const headersSchema: ObjectOf<HeadersSpec> = object<HeadersSpec>(
  {
    request: optional(changes, 'On the way to members.'),
    response: optional(changes, 'On the way to clients.'),
  },
  { id: 'Headers', description: 'Changes of headers on the way.' },
);

/** Writes changes out; undefined if there are none. */
export function expandHeaders(spec: HeadersSpec): HeadersConfig | undefined {
  const request = expandChanges(spec.request);
  const response = expandChanges(spec.response);
  return isEmpty(request) && isEmpty(response) ? undefined : { request, response };
}

function expandChanges(spec: HeaderChangesSpec = {}): HeaderChangesConfig {
  return { set: spec.set ?? {}, add: spec.add ?? {}, remove: spec.remove ?? [] };
}

function isEmpty({ set, add, remove }: HeaderChangesConfig): boolean {
  return remove.length === 0 && Object.keys(set).length === 0 && Object.keys(add).length === 0;
}
