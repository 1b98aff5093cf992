// What a session, or a stream of HTTP/2, asks of the frontend's present handler.
import type { Pool } from '../../pool/pool.js';
import type { ConnectionHandler } from '../handler.js';
import type { HttpSettings } from './http-settings.js';
import type { JudgeTerms } from './request-judge.js';

/** Asked at each request: a reload holds for the next one. */
export interface SessionHandler extends ConnectionHandler, JudgeTerms {
  readonly settings: HttpSettings;
  /** Where requests go that no rule sends elsewhere; undefined = nowhere. */
  readonly pool: Pool | undefined;
}
