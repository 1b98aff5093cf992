// What the policy of a frontend may know of a request, whatever its HTTP version.
import type { PickContext } from '../../../model/pick-context.js';
import type { HeldPlace } from '../../../rate-limit/delay-line.js';
import type { ClientConnection } from '../../handler.js';

/**
 * A request before it is forwarded, as it came: what the balancer adds or changes is not in it.
 * Texts are cut out of the head when they are asked for; a pass asks for what it needs only.
 */
export interface RequestView extends PickContext {
  /** Addresses of the client, and what TLS told of it. */
  readonly client: ClientConnection;
  /** `GET`. */
  readonly method: string;
  /** Host as it came, with its port; '' when an HTTP/1.0 request names none. */
  readonly authority: string;
  /** Lower case, without port; '' when an HTTP/1.0 request names none. */
  readonly host: string;
  /** Path and query as they came, not decoded: `/a?b=1`; `*` for `OPTIONS *`. */
  readonly target: string;
  /** Whether a header line of that name (lower case) has exactly this value, blanks around it cut. */
  hasHeader(name: string, value: string): boolean;
  /** A rule makes it wait for its turn. */
  onHeld(place: HeldPlace): void;
  /** `1.1` or `2`. */
  readonly version: '1.0' | '1.1' | '2';
}
