// How the use of a member ended: what the data path tells the pool.

/**
 * - `ok`: an answer (or a TCP connection) came and went as it should; its status is judged separately
 * - `connect-failed`: refused, unreachable or connect timeout: nothing was sent
 * - `reset`: the member closed or reset before the answer was whole
 * - `timeout`: connected, but no answer (or no progress) in time
 * - `malformed`: the answer broke the protocol
 * - `aborted`: the client left; says nothing about the member
 */
export type Outcome = 'ok' | 'connect-failed' | 'reset' | 'timeout' | 'malformed' | 'aborted';

/** Whether passive health counts it: connect errors, resets, timeouts, malformed answers, 5xx but 501 and 505. */
export function isMemberFailure(outcome: Outcome, status: number): boolean {
  if (outcome === 'ok') return status >= 500 && status !== 501 && status !== 505;
  return outcome !== 'aborted';
}
