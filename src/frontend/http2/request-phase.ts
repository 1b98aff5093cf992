// Where the request of a stream stands.

/**
 * ```
 * judging -> body -> answer -> done     a rule takes its time; the body comes; nothing more comes; the answer is written
 * ```
 */
export type RequestPhase = 'judging' | 'body' | 'answer' | 'done';
