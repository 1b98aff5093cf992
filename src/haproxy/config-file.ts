// HAProxy's configuration as data: sections of lines of words. Every word is quoted when it is rendered.

/** Kinds of sections, in the order in which they are written. */
export type SectionKind =
  | 'global'
  | 'defaults'
  | 'http-errors'
  | 'userlist'
  | 'resolvers'
  | 'peers'
  | 'frontend'
  | 'backend';

/** A word of a line, or several. */
export type Words = string | number | readonly (string | number)[];

/** One line. */
export interface Line {
  readonly words: readonly string[];
  /** The place of the spec that it comes from; '' = none. */
  readonly path: string;
  /** Whether the words stand as they are, not quoted. @defaultValue false */
  readonly isVerbatim?: boolean;
}

/** A section: what it is, its name, its lines in order. */
export class Section {
  readonly kind: SectionKind;
  readonly name: string;
  readonly lines: Line[] = [];
  #path: string;
  #isAnswered = false;

  /** @param path - the place of the spec that it comes from */
  constructor(kind: SectionKind, name = '', path = '') {
    this.kind = kind;
    this.name = name;
    this.#path = path;
  }

  /** The place of the spec that the section as a whole comes from. */
  get path(): string {
    return this.#path;
  }

  /** Appends a line. Words are texts as HAProxy shall see them, not quoted. */
  add(...words: readonly Words[]): void {
    this.addFrom(this.#path, ...words);
  }

  /** Appends a line whose words HAProxy still reads variables in; never a text of a user. */
  addVerbatim(...words: readonly string[]): void {
    this.lines.push({ words, path: this.#path, isVerbatim: true });
  }

  /** Appends a line that comes from a place of its own. */
  addFrom(path: string, ...words: readonly Words[]): void {
    // Nothing reaches a rule behind one that answers everybody.
    const texts = words.flat().map(String);
    if (this.#isAnswered && texts[0] === 'http-request') return;
    this.lines.push({ words: texts, path });
  }

  /** Appends a rule that answers; without a condition it is the last one. */
  answer(words: readonly string[], condition: readonly string[] = []): void {
    this.add('http-request', ...words, ...condition);
    if (condition.length === 0) this.#isAnswered = true;
  }
}

/** A whole file. */
export interface ConfigFile {
  /** Lines of the comment on top, without `#`. */
  readonly header: readonly string[];
  readonly sections: readonly Section[];
}
