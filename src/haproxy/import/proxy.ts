// A frontend or backend of HAProxy with what it inherits, as the import asks it.
import type { ConfigLine, ConfigSection } from '../read-config.js';
import type { Notes } from './notes.js';

/** Kinds of sections that carry traffic. */
export type ProxyKind = 'frontend' | 'backend' | 'listen';

/**
 * Lines of a proxy, those of its `defaults` first. Whoever asks for a line takes it: a line that nobody asks for ends in the notes.
 */
export class Proxy {
  readonly kind: ProxyKind;
  readonly name: string;
  readonly section: ConfigSection;
  readonly notes: Notes;
  readonly #inherited: readonly ConfigLine[];

  constructor(
    kind: ProxyKind,
    section: ConfigSection,
    inherited: readonly ConfigLine[],
    notes: Notes,
  ) {
    this.kind = kind;
    this.name = section.name;
    this.section = section;
    this.notes = notes;
    this.#inherited = inherited;
  }

  /** @defaultValue 'tcp', as in HAProxy */
  get mode(): string {
    return this.valueOf('mode') ?? 'tcp';
  }

  /** Every line that begins with these words, in order; taken. */
  all(...words: readonly string[]): readonly ConfigLine[] {
    const found = this.peek(...words);
    for (const line of found) this.notes.take(line);
    return found;
  }

  /** The same, not taken. */
  peek(...words: readonly string[]): readonly ConfigLine[] {
    return [...this.#inherited, ...this.section.lines].filter((line) => beginsWith(line, words));
  }

  /** The same of its own lines only: rules are not inherited. */
  own(...words: readonly string[]): readonly ConfigLine[] {
    return this.section.lines.filter((line) => beginsWith(line, words));
  }

  /** The line that counts, the last one; all of them are taken. */
  last(...words: readonly string[]): ConfigLine | undefined {
    return this.all(...words).at(-1);
  }

  /** The word behind these. */
  valueOf(...words: readonly string[]): string | undefined {
    return this.last(...words)?.words[words.length];
  }

  /** Whether an option is on: `no option` switches one of the defaults off. Taken. */
  option(name: string): ConfigLine | undefined {
    const on = this.all('option', name);
    const off = this.all('no', 'option', name);
    const line = [...on, ...off].toSorted((a, b) => a.number - b.number).at(-1);
    return line?.words[0] === 'option' ? line : undefined;
  }
}

function beginsWith(line: ConfigLine, words: readonly string[]): boolean {
  return words.every((word, index) => line.words[index] === word);
}
