// What an import says about the lines of a configuration: every line is in the spec, or told here.
import type { ConfigLine } from '../read-config.js';

/** A line of the configuration that a reader of the spec has to know of. */
export interface ImportNote {
  /** From 1. */
  readonly line: number;
  /** As it stands, without the blanks around it. */
  readonly text: string;
  /** `left` = nothing in the spec stands for it; `approximated` = the spec says nearly the same. */
  readonly kind: 'left' | 'approximated';
  readonly reason: string;
}

const UNKNOWN = 'The import does not know it, or nothing here reads it.';

/**
 * Keeps the books: a line is taken, left with a reason, or never looked at, which is as good as left.
 * Invariant: no line is in neither the spec nor the notes.
 */
export class Notes {
  readonly #taken: Set<number> = new Set();
  readonly #notes: Map<number, ImportNote> = new Map();

  /** The spec says what the line says. */
  take(line: ConfigLine): void {
    this.#taken.add(line.number);
  }

  /** The spec does not say it. The first reason stays. */
  leave(line: ConfigLine, reason: string): void {
    this.#note(line, 'left', reason);
  }

  /** The spec says nearly the same; a line may differ in more than one way. */
  approximate(line: ConfigLine, reason: string): void {
    this.take(line);
    this.#note(line, 'approximated', reason);
  }

  /** Of all these lines, in their order. */
  of(lines: readonly ConfigLine[]): readonly ImportNote[] {
    return lines.flatMap((line) => {
      const note = this.#notes.get(line.number);
      if (note !== undefined) return [note];
      if (this.#taken.has(line.number)) return [];
      return [{ line: line.number, text: line.text, kind: 'left' as const, reason: UNKNOWN }];
    });
  }

  #note({ number: line, text }: ConfigLine, kind: ImportNote['kind'], reason: string): void {
    const before = this.#notes.get(line);
    if (before === undefined || (before.kind === 'approximated' && kind === 'left'))
      this.#notes.set(line, { line, text, kind, reason });
    else if (before.kind === kind && kind === 'approximated' && !before.reason.includes(reason))
      this.#notes.set(line, { ...before, reason: `${before.reason} ${reason}` });
  }
}
