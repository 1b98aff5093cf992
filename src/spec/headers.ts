// Changes of headers on the way: what a user writes. Checked in full; not carried out by this version.
import { headerName, headerValue } from './http-leaf.js';
import { list, mapOf, type ObjectOf, object, optional } from './shape.js';

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

const changes: ObjectOf<HeaderChangesSpec> = object<HeaderChangesSpec>({
  set: optional(mapOf(headerValue, headerName), 'Replaces a header.'),
  add: optional(mapOf(headerValue, headerName), 'Adds one more header.'),
  remove: optional(list(headerName, 'header name'), 'Drops a header.'),
});

export const headersSchema: ObjectOf<HeadersSpec> = object<HeadersSpec>(
  {
    request: optional(changes, 'On the way to members.'),
    response: optional(changes, 'On the way to clients.'),
  },
  { id: 'Headers', description: 'Changes of headers on the way.' },
);
