// How faults are worded: what was expected, what was got, what was probably meant.
import { didYouMean, nearestName } from '../core/nearest.js';
import { ourWord } from './foreign-words.js';

const LONGEST_SHOWN = 60;

/** A value as a message shows it: short, on one line. */
export function show(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(
        value.length > LONGEST_SHOWN ? `${value.slice(0, LONGEST_SHOWN)}...` : value,
      );
    case 'number':
    case 'boolean':
      return String(value);
    case 'undefined':
      return 'nothing';
    case 'object':
      if (value === null) return 'null';
      return Array.isArray(value) ? 'a list' : 'an object';
    case 'symbol':
      // What was no JSON, by its name.
      return `a ${value.description ?? 'symbol'}`;
    default:
      return `a ${typeof value}`;
  }
}

/** `expected a name, got 5`, or `is missing; expected a name`. */
export function expectedGot(what: string, value: unknown): string {
  return value === undefined
    ? `is missing; expected ${what}`
    : `expected ${what}, got ${show(value)}`;
}

/** The same for a choice among texts, with the nearest one. */
export function expectedOneOf(choices: readonly string[], value: unknown): string {
  const listed = choices.map((choice) => `"${choice}"`).join(', ');
  const what = choices.length === 1 ? listed : `one of ${listed}`;
  return `${expectedGot(what, value)}${typeof value === 'string' ? probably(value, choices) : ''}`;
}

/** `unknown key`, with the nearest known one. */
export function unknownKey(key: string, known: Iterable<string>): string {
  return `unknown key${probably(key, [...known])}`;
}

/** The word that was mistyped, or that others have for ours. */
function probably(word: string, known: readonly string[]): string {
  const ours = nearestName(word, known) ?? ourWord(word, known);
  return ours === undefined ? '' : `; did you mean "${ours}"?`;
}

/** Whether a message names what was probably meant. */
export function suggests(message: string): boolean {
  return message.includes('; did you mean ');
}

/** `no pool is named "webb"; did you mean "web"?` */
export function noSuchName(kind: string, name: string, known: Iterable<string>): string {
  return `no ${kind} is named ${show(name)}${didYouMean(name, known)}`;
}

/** `a`, `a and b`, `a, b and c`. */
export function listed(items: readonly string[]): string {
  const last = items.at(-1) ?? '';
  return items.length < 2 ? last : `${items.slice(0, -1).join(', ')} and ${last}`;
}
