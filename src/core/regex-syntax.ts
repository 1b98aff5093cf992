// Reads a regular expression by the syntax that RE2 and PCRE have in common, and names what only one of them would take.

/** Longest pattern, in characters. */
export const LONGEST_REGEX = 1000;
/** Groups within groups; deeper ones are nobody's wish. */
const DEEPEST = 50;
/** RE2's own bound of a counted repetition. */
const MOST_REPEATS = 1000;

/** What is known of a pattern that was read. */
export interface RegexShape {
  /** Capturing groups. */
  readonly groups: number;
  /** A text that every match begins with, at the start of the subject; '' = none is known. */
  readonly prefix: string;
  /** Whether the pattern says no more than that: the subject begins with `prefix`. */
  readonly isPrefix: boolean;
}

/** A pattern, or what it may not hold as the end of "may not ...". */
export type RegexReading = RegexShape | { readonly problem: string };

/** Openings of groups that are not of both, longest first. */
const FOREIGN_GROUPS: readonly (readonly [start: string, what: string])[] = [
  ['(?<=', 'a lookbehind'],
  ['(?<!', 'a lookbehind'],
  ['(?=', 'a lookahead'],
  ['(?!', 'a lookahead'],
  ['(?>', 'an atomic group'],
  ['(?|', 'a branch reset group'],
  ['(?#', 'a comment'],
  ['(?(', 'a condition'],
  ['(?P=', 'a backreference'],
  ['(?P>', 'a recursion'],
  ['(?&', 'a recursion'],
  ['(?R', 'a recursion'],
  ['(?C', 'a callout'],
  ['(*', 'a verb'],
];

/** The escaped letters that mean the same to both: classes of one character. */
const CLASS_LETTERS = 'dDsSwW';
/** And those that stand for a place. */
const PLACE_LETTERS = 'bBAz';

const POSIX_CLASS =
  /^\[:\^?(?:alnum|alpha|ascii|blank|cntrl|digit|graph|lower|print|punct|space|upper|word|xdigit):\]/;

/** Reads `pattern`; never throws. */
export function readRegex(pattern: string): RegexReading {
  if (pattern === '') return { problem: 'be empty' };
  if (pattern.length > LONGEST_REGEX) {
    return { problem: `have more than ${LONGEST_REGEX} characters; it has ${pattern.length}` };
  }
  try {
    return new RegexReader(pattern).read();
  } catch (error) {
    if (error instanceof Foreign) return { problem: error.problem };
    throw error;
  }
}

class Foreign extends Error {
  readonly problem: string;
  constructor(problem: string) {
    super(problem);
    this.problem = problem;
  }
}

/** What an atom is: a place, or something that may or may not be empty; `literal` = one fixed character. */
interface Atom {
  readonly isPlace?: boolean;
  readonly mayBeEmpty: boolean;
  readonly literal?: string;
}

const PLACE: Atom = { isPlace: true, mayBeEmpty: true };
const ONE: Atom = { mayBeEmpty: false };

/** Recursive descent over `alternation = branch *("|" branch)`, `branch = *(atom [quantifier])`. */
class RegexReader {
  readonly #text: string;
  #at = 0;
  #groups = 0;
  #depth = 0;
  #prefix = '';
  /** Whether what comes next may still belong to the prefix. */
  #extendsPrefix: boolean;
  #isPrefix: boolean;

  constructor(text: string) {
    this.#text = text;
    if (text.startsWith('(?i)')) this.#at = 4;
    this.#extendsPrefix = text.startsWith('^');
    this.#isPrefix = this.#extendsPrefix;
  }

  read(): RegexShape {
    this.#alternation();
    if (this.#at < this.#text.length) this.#refuse('have a ) without (', 1);
    return { groups: this.#groups, prefix: this.#prefix, isPrefix: this.#isPrefix };
  }

  #refuse(what: string, length: number, at = this.#at): never {
    const shown = JSON.stringify(this.#text.slice(at, at + length));
    throw new Foreign(`${what}: ${shown} at character ${at + 1}`);
  }

  #looksAt(text: string): boolean {
    return this.#text.startsWith(text, this.#at);
  }

  /** Whether it may be empty. */
  #alternation(): boolean {
    let mayBeEmpty = this.#branch();
    while (this.#looksAt('|')) {
      this.#at++;
      if (this.#depth === 0) this.#forgetPrefix();
      if (this.#branch()) mayBeEmpty = true;
    }
    return mayBeEmpty;
  }

  #forgetPrefix(): void {
    this.#prefix = '';
    this.#extendsPrefix = false;
    this.#isPrefix = false;
  }

  #branch(): boolean {
    let mayBeEmpty = true;
    while (this.#at < this.#text.length && !this.#looksAt('|') && !this.#looksAt(')')) {
      if (!this.#piece()) mayBeEmpty = false;
    }
    return mayBeEmpty;
  }

  #piece(): boolean {
    const start = this.#at;
    const isTop = this.#depth === 0;
    const atom = this.#atom();
    const least = this.#quantifier(atom, start);
    if (isTop && start > 0) {
      if (least === undefined && atom.literal !== undefined && this.#extendsPrefix) {
        this.#prefix += atom.literal;
      } else {
        this.#extendsPrefix = false;
        this.#isPrefix = false;
      }
    }
    return atom.mayBeEmpty || least === 0;
  }

  /** Reads the quantifier behind an atom, if there is one: how often it must be there at least. */
  #quantifier(atom: Atom, start: number): number | undefined {
    const at = this.#at;
    const match = /^(?:[*+?]|\{(\d+)(?:,(\d*))?\})\??/.exec(this.#text.slice(at, at + 14));
    if (match === null) return undefined;
    const [whole, from, to] = match;
    if (atom.isPlace === true) this.#refuse('repeat a place', at + whole.length - start, start);
    if (atom.mayBeEmpty) this.#refuse('repeat what may be empty', at + whole.length - start, start);
    if (Number(from ?? 0) > MOST_REPEATS || Number(to ?? 0) > MOST_REPEATS) {
      this.#refuse(`repeat more than ${MOST_REPEATS} times`, whole.length);
    }
    if (to !== undefined && to !== '' && Number(to) < Number(from)) {
      this.#refuse('count from more to less', whole.length);
    }
    this.#at += whole.length;
    if (this.#looksAt('+')) this.#refuse('use a possessive quantifier', whole.length + 1, at);
    if (/^[*?]|^\{\d/.test(this.#text.slice(this.#at))) {
      this.#refuse('repeat a repetition', whole.length + 1, at);
    }
    return from === undefined ? (whole.startsWith('+') ? 1 : 0) : Number(from);
  }

  #atom(): Atom {
    const char = this.#text[this.#at]!;
    switch (char) {
      case '(':
        return this.#group();
      case '[':
        this.#class();
        return ONE;
      case '\\':
        return this.#escape();
      case '^':
      case '$':
        this.#at++;
        return PLACE;
      case '.':
        this.#at++;
        return ONE;
      case '*':
      case '+':
      case '?':
        return this.#refuse('repeat nothing', 1);
      case '{':
        return this.#refuse('use a brace that counts nothing (as text: \\{)', 1);
      default:
        this.#refuseUnlessAscii();
        this.#at++;
        return { mayBeEmpty: false, literal: char };
    }
  }

  #refuseUnlessAscii(): void {
    const code = this.#text.charCodeAt(this.#at);
    if (code < 32 || code > 126) this.#refuse('have other characters than printable ASCII', 1);
  }

  #group(): Atom {
    const start = this.#at;
    for (const [opening, what] of FOREIGN_GROUPS) {
      if (this.#looksAt(opening)) this.#refuse(`use ${what}`, opening.length);
    }
    const opening = /^\((?:\?(?::|P?<[A-Za-z_]\w{0,30}>))?/.exec(this.#text.slice(start))![0];
    this.#at += opening.length;
    if (opening === '(' && this.#looksAt('?')) {
      this.#refuse('use flags elsewhere than (?i) at the start', 4, start);
    }
    if (opening !== '(?:') this.#groups++;
    if (++this.#depth > DEEPEST) this.#refuse(`nest more than ${DEEPEST} groups`, 1, start);
    const mayBeEmpty = this.#alternation();
    this.#depth--;
    if (!this.#looksAt(')')) this.#refuse('have a ( without )', 1, start);
    this.#at++;
    return { mayBeEmpty };
  }

  /** An escape outside of brackets. */
  #escape(): Atom {
    const char = this.#text[this.#at + 1] ?? '';
    if (char !== '' && PLACE_LETTERS.includes(char)) {
      this.#at += 2;
      return PLACE;
    }
    const literal = this.#escapedCharacter();
    return literal === undefined ? ONE : { mayBeEmpty: false, literal };
  }

  /** `\.` or `\x2f`: the character; `\d` and the like: undefined. */
  #escapedCharacter(): string | undefined {
    const at = this.#at;
    const char = this.#text[at + 1] ?? '';
    if (char === '') this.#refuse('end in a backslash', 1);
    if (CLASS_LETTERS.includes(char)) {
      this.#at += 2;
      return undefined;
    }
    const hex = /^\\x([0-7][0-9A-Fa-f])/.exec(this.#text.slice(at, at + 4))?.[1];
    if (hex !== undefined) {
      this.#at += 4;
      return String.fromCharCode(Number.parseInt(hex, 16));
    }
    if (/[0-9]/.test(char)) this.#refuse('use a backreference or octal number', 2);
    if (char === 'p' || char === 'P') this.#refuse('use a class of Unicode', 2);
    if (/[A-Za-z]/.test(char)) this.#refuse('use an escape that not every engine knows', 2);
    this.#at++;
    this.#refuseUnlessAscii();
    this.#at++;
    return char;
  }

  #class(): void {
    const start = this.#at;
    if (/^\[\^?:[^\]]*:\]/.test(this.#text.slice(start))) {
      this.#refuse('use a named class outside of brackets (write [[:alpha:]])', 2);
    }
    this.#at++;
    if (this.#looksAt('^')) this.#at++;
    for (let isFirst = true; isFirst || !this.#looksAt(']'); isFirst = false) {
      if (this.#at >= this.#text.length) this.#refuse('have a [ without ]', 1, start);
      this.#classItem(isFirst);
    }
    this.#at++;
  }

  /** A character, a range, `\d`, or `[:alpha:]`. */
  #classItem(isFirst: boolean): void {
    const at = this.#at;
    const named = POSIX_CLASS.exec(this.#text.slice(at, at + 12))?.[0];
    if (named !== undefined) {
      this.#at += named.length;
      this.#refuseRange(at);
      return;
    }
    const isLast = this.#text[at + 1] === ']';
    if (this.#looksAt('-') && !isFirst && !isLast) {
      this.#refuse('have a bare - between others in brackets (as text: \\-)', 1);
    }
    const from = this.#classCharacter();
    if (from === undefined) {
      this.#refuseRange(at);
      return;
    }
    if (!this.#looksAt('-') || this.#text[this.#at + 1] === ']') return;
    this.#at++;
    if (this.#at >= this.#text.length) return;
    const to = this.#classCharacter();
    if (to === undefined || to < from) this.#refuse('use a range of this kind', 5, at);
  }

  #classCharacter(): string | undefined {
    if (this.#looksAt('[')) this.#refuse('have a bare [ in brackets (as text: \\[)', 2);
    if (this.#looksAt('\\')) return this.#escapedCharacter();
    this.#refuseUnlessAscii();
    return this.#text[this.#at++];
  }

  /** Behind a class there may be no range. */
  #refuseRange(start: number): void {
    if (this.#looksAt('-') && this.#text[this.#at + 1] !== ']') {
      this.#refuse('use a range of this kind', this.#at + 2 - start, start);
    }
  }
}
