// Where a client connection stands.

/**
 * What the bytes to come are:
 * ```
 * head -> body -> answer -> head      a request, its body, nothing but pipelined ones until the answer is out
 *         body -> discard -> head     answered early: the rest of the body is dropped
 * head -> judging -> head             a rule takes its time: the request waits as it came, then is read again
 * any  -> tunnel                      after 101 or CONNECT
 * any  -> closing -> closed           written to the end, what still comes is dropped
 * ```
 */
export type SessionState =
  | 'head'
  | 'judging'
  | 'body'
  | 'answer'
  | 'discard'
  | 'tunnel'
  | 'closing'
  | 'closed';
