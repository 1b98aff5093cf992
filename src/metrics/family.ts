// A metric family as a row of a table: its name, what it means, and how it is read off one frontend, pool or member.
import type { AnswersByClass } from '../model/totals.js';

/** What one subject says of a family: one value, or one for each value of a further label; undefined = nothing. */
export type Reading = number | undefined | Readonly<Record<string, number>>;

/** One family. `Subject` is what a sample is about. */
export interface Family<Subject> {
  /** Without prefix and room: `current_sessions`. */
  readonly name: string;
  readonly type: 'gauge' | 'counter';
  readonly help: string;
  /** The further label, where a reading is a record. */
  readonly by?: string;
  readonly read: (subject: Subject) => Reading;
}

/** What can go up and down. */
export function gauge<Subject>(
  name: string,
  help: string,
  read: (subject: Subject) => number | undefined,
): Family<Subject> {
  return { name, type: 'gauge', help, read };
}

/** What only grows; the name ends in `_total`. */
export function counter<Subject>(
  name: string,
  help: string,
  read: (subject: Subject) => number | undefined,
): Family<Subject> {
  return { name, type: 'counter', help, read };
}

/** A state as HAProxy writes it: one series for every state, 1 for the present one and 0 for the others. */
export function oneHot<Subject>(
  name: string,
  help: string,
  states: readonly string[],
  read: (subject: Subject) => string,
): Family<Subject> {
  const readings = new Map(
    states.map((state) => [
      state,
      Object.fromEntries(states.map((other) => [other, other === state ? 1 : 0])),
    ]),
  );
  return { name, type: 'gauge', help, by: 'state', read: (subject) => readings.get(read(subject)) };
}

/** Answers by the class of their status; undefined where there is no HTTP. */
export function answers<Subject>(
  help: string,
  read: (subject: Subject) => AnswersByClass | undefined,
): Family<Subject> {
  const readCounts = (subject: Subject): Reading => {
    const counts = read(subject);
    return counts === undefined ? undefined : { ...counts };
  };
  return { name: 'http_responses_total', type: 'counter', help, by: 'code', read: readCounts };
}
