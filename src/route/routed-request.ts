// What a route may know of a request.
import type { AttributeKind } from '../model/pick-context.js';

/** A request as it came. */
export interface RoutedRequest {
  /** The client's address. */
  readonly source: string;
  /** `GET`. */
  readonly method: string;
  /** Lower case, without port; '' = none. */
  readonly host: string;
  /** Path and query, not decoded; `*` for `OPTIONS *`. */
  readonly target: string;
  /** A cookie or a part of the query: the first of that name. */
  attribute(kind: AttributeKind, name: string): string | undefined;
  /** Whether a header line of that name (lower case) has exactly this value, blanks around it cut. */
  hasHeader(name: string, value: string): boolean;
}
