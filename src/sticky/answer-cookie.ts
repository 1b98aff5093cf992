// What stickiness does to the head of an answer, so that its client comes back to the same member.

/** How a cookie names the member: in one of its own, in the place of the member's, or in front of the member's value. */
export type CookieMode = 'insert' | 'rewrite' | 'prefix';

/** The sticky cookie of one answer; frozen, and shared by many answers. */
export interface AnswerCookie {
  readonly name: string;
  readonly mode: CookieMode;
  /** What stands for the member. */
  readonly id: string;
  /** Value of a Set-Cookie line to add: `SERVERID=web-1; path=/`; '' = the client has it already. */
  readonly setCookie: string;
}

/**
 * A Set-Cookie line of the member as the client gets it; '' = the line goes.
 *
 * Our own cookie is nobody else's: `insert` drops a line of its name, `rewrite` puts the id in the place of its value,
 * `prefix` in front of it (`SESSION=abc; Path=/` -> `SESSION=web-1~abc; Path=/`). Every other line stays as it is.
 */
export function editSetCookie(value: string, cookie: AnswerCookie): string {
  const equals = value.indexOf('=');
  if (equals < 0) return value;
  const attributes = value.indexOf(';');
  const end = attributes < 0 ? value.length : attributes;
  if (equals > end || value.slice(0, equals).trim() !== cookie.name) return value;
  if (cookie.mode === 'insert') return '';
  const rest = value.slice(end);
  if (cookie.mode === 'rewrite') return `${cookie.name}=${cookie.id}${rest}`;
  return `${cookie.name}=${cookie.id}~${value.slice(equals + 1, end).trim()}${rest}`;
}
