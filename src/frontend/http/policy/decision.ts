// What is to be done with one request: filled in by the passes of a policy, carried out by the session.
import type { Pool } from '../../../pool/pool.js';
import type { RetryPolicy } from '../../../pool/retry-policy.js';
import { HeadChanges } from './head-changes.js';

/** One record per client connection or stream, cleared for every request. */
export class Decision {
  /** Who gets it; undefined = nobody: 404. */
  pool: Pool | undefined = undefined;
  /** Name or number of the route that took it, for logs; '' = the frontend's own pool. */
  route = '';
  /** The route's own retries; undefined = the pool's. */
  retries: RetryPolicy | undefined = undefined;
  /** Time to the head of the answer and then inactivity, ms; 0 = the pool's. */
  serverMs = 0;
  /** Head of the request to end of the answer, ms; 0 = the frontend's. */
  totalMs = 0;
  /** Path and query for members; '' = as they came. */
  target = '';
  /** '' = it has none. */
  requestId = '';
  /** Changes of the request on its way to a member. */
  readonly request: HeadChanges = new HeadChanges();
  /** Changes of a member's answer on its way to the client. */
  readonly response: HeadChanges = new HeadChanges();
  /** Lines for whatever answer the client gets, also one of the balancer's own. */
  readonly always: HeadChanges = new HeadChanges();

  /** Makes ready for the next request, which goes to `pool` if no pass says otherwise. */
  begin(pool: Pool | undefined): void {
    this.pool = pool;
    this.route = '';
    this.retries = undefined;
    this.serverMs = 0;
    this.totalMs = 0;
    this.target = '';
    this.requestId = '';
    this.request.clear();
    this.response.clear();
    this.always.clear();
  }
}
