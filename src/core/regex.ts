// Regular expressions over what clients send: RE2 syntax, matched in linear time whatever the pattern.
import { RE2JS } from 're2js';
import { type RegexShape, readRegex } from './regex-syntax.js';

/** What is wrong with a pattern, as a sentence without subject; undefined = nothing. */
export function regexProblem(pattern: string): string | undefined {
  const reading = readRegex(pattern);
  if ('problem' in reading) return `may not ${reading.problem}`;
  try {
    RE2JS.compile(pattern);
    return undefined;
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^[^:]*: /, '') : 'unknown';
    return `is no regular expression (${reason})`;
  }
}

/** Capturing groups of a pattern; 0 for one that is faulty. */
export function groupsOf(pattern: string): number {
  const reading = readRegex(pattern);
  return 'problem' in reading ? 0 : reading.groups;
}

/**
 * A pattern of the syntax that RE2 and PCRE read alike, compiled. Matches anywhere in the subject unless anchored.
 * Linear in the length of the subject; what it begins with is compared first.
 */
export class Regex {
  readonly #shape: RegexShape;
  readonly #compiled: RE2JS;

  /** @param pattern - checked before with {@link regexProblem}; throws an error of the engine if it was not */
  constructor(pattern: string) {
    const reading = readRegex(pattern);
    this.#shape = 'problem' in reading ? { groups: 0, prefix: '', isPrefix: false } : reading;
    this.#compiled = RE2JS.compile(pattern);
  }

  /** Whether it matches somewhere in `text`. */
  test(text: string): boolean {
    const { prefix, isPrefix } = this.#shape;
    if (prefix !== '' && !text.startsWith(prefix)) return false;
    return isPrefix || this.#compiled.test(text);
  }

  /** `text` with its first match replaced; undefined if there is none. */
  replaceFirst(text: string, replacement: Replacement): string | undefined {
    const { prefix } = this.#shape;
    if (prefix !== '' && !text.startsWith(prefix)) return undefined;
    const match = this.#compiled.matcher(text);
    if (!match.find()) return undefined;
    const middle = replacement.fill((group) => match.group(group) ?? '');
    return text.slice(0, match.start()) + middle + text.slice(match.end());
  }
}

/** A text with `$1` to `$9` for what groups matched, `$0` for the whole match, and `$$` for a dollar sign. */
export class Replacement {
  /** Texts and numbers of groups in turn. */
  readonly #parts: readonly (string | number)[];
  /** The highest group it names. */
  readonly highestGroup: number;

  constructor(source: string) {
    const parts: (string | number)[] = [];
    let end = 0;
    for (const match of source.matchAll(/\$([0-9$])/g)) {
      parts.push(source.slice(end, match.index));
      parts.push(match[1] === '$' ? '$' : Number(match[1]));
      end = match.index + 2;
    }
    parts.push(source.slice(end));
    this.#parts = parts.filter((part) => part !== '');
    this.highestGroup = Math.max(0, ...parts.filter((part) => typeof part === 'number'));
  }

  /** @param group - what a group matched */
  fill(group: (number: number) => string): string {
    let text = '';
    for (const part of this.#parts) text += typeof part === 'number' ? group(part) : part;
    return text;
  }
}
