// What is changed of a head on its way: lines that go, and lines that come.

/** One header line to write. */
export interface HeaderLine {
  readonly name: string;
  /** Printable latin1 text without line ends. */
  readonly value: string;
}

/** Collected changes of one head; one object per client connection or stream, used again for each request. */
export class HeadChanges {
  /** Names of received lines to leave out, lower case; `-` and `_` count as the same. */
  readonly removed: string[] = [];
  /** Lines to write behind the received ones, in this order. */
  readonly added: HeaderLine[] = [];

  get isEmpty(): boolean {
    return this.removed.length === 0 && this.added.length === 0;
  }

  /** Forgets everything. */
  clear(): void {
    if (this.removed.length > 0) this.removed.length = 0;
    if (this.added.length > 0) this.added.length = 0;
  }

  /** Leaves out every line of that name, also those added before. @param name - lower case */
  remove(name: string): void {
    if (!this.removed.includes(name)) this.removed.push(name);
    for (let i = this.added.length - 1; i >= 0; i--) {
      if (this.added[i]!.name.toLowerCase() === name) this.added.splice(i, 1);
    }
  }

  /** Writes one more line. */
  add(name: string, value: string): void {
    this.added.push({ name, value });
  }

  /** Writes a line in the place of every other of its name. */
  set(name: string, value: string): void {
    this.remove(name.toLowerCase());
    this.add(name, value);
  }
}

/** The added lines as latin1 text, each with its CRLF. */
export function renderLines({ added }: HeadChanges): string {
  let text = '';
  for (const { name, value } of added) text += `${name}: ${value}\r\n`;
  return text;
}
