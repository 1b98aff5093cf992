// Finds a cookie in the Cookie header of a request, and takes it out of what the member gets.

/** The cookie of a pool, as far as its requests are concerned. */
export interface RequestCookie {
  readonly name: string;
  /** `insert` is not for members; of `prefix` they get their own part. */
  readonly mode: 'insert' | 'prefix';
}

const EQUALS = 61;
const SEMICOLON = ';';
const SPACE = 32;
const TAB = 9;

/**
 * Walks over the pairs of a Cookie header that have one name, exact to the letter; reused, so that a request makes none.
 * `a=1; SERVERID=web-1` -> valueStart 12, valueEnd 17.
 */
export class CookieScan {
  #header = '';
  #name = '';
  #at = 0;
  /** The pair found last, blanks around it cut, and where it lies between its separators. */
  segmentStart = 0;
  segmentEnd = 0;
  valueStart = 0;
  valueEnd = 0;

  /** Begins with another header. */
  begin(header: string, name: string): void {
    this.#header = header;
    this.#name = name;
    this.#at = 0;
  }

  /** Goes on to the next pair of the name; false = there is none. */
  next(): boolean {
    const header = this.#header;
    while (this.#at < header.length) {
      const start = this.#at;
      const found = header.indexOf(SEMICOLON, start);
      const end = found < 0 ? header.length : found;
      this.#at = end + 1;
      if (this.#take(start, end)) return true;
    }
    this.#header = '';
    return false;
  }

  #take(start: number, end: number): boolean {
    const header = this.#header;
    const nameStart = skipBlanks(header, start, end);
    const nameEnd = nameStart + this.#name.length;
    if (!header.startsWith(this.#name, nameStart)) return false;
    const equals = skipBlanks(header, nameEnd, end);
    if (equals >= end || header.charCodeAt(equals) !== EQUALS) return false;
    this.segmentStart = start;
    this.segmentEnd = end;
    this.valueStart = skipBlanks(header, equals + 1, end);
    this.valueEnd = trimBlanks(header, this.valueStart, end);
    return true;
  }
}

const scan = new CookieScan();

/**
 * What of a Cookie header a member must not see.
 *
 * `insert` takes the pair out, `prefix` the id in front of the member's own value (`web-1~abc` -> `abc`).
 * @param cuts - emptied, then filled with pairs `[from, to)` to leave out, ascending
 * @returns false if nothing is left of the header: its line goes
 */
export function cutCookie(header: string, { name, mode }: RequestCookie, cuts: number[]): boolean {
  cuts.length = 0;
  scan.begin(header, name);
  if (mode === 'prefix') {
    while (scan.next()) {
      const delimiter = header.indexOf('~', scan.valueStart);
      if (delimiter >= 0 && delimiter < scan.valueEnd) cuts.push(scan.valueStart, delimiter + 1);
    }
    return true;
  }
  while (scan.next()) addSegment(cuts, scan.segmentStart, scan.segmentEnd);
  return closeGaps(header, cuts);
}

/** The header without {@link cutCookie}'s cuts; '' = nothing is left. */
export function withoutCookie(header: string, cookie: RequestCookie): string {
  const cuts: number[] = [];
  if (!cutCookie(header, cookie, cuts)) return '';
  let text = '';
  let from = 0;
  for (let i = 0; i < cuts.length; i += 2) {
    text += header.slice(from, cuts[i]);
    from = cuts[i + 1]!;
  }
  return from === 0 ? header : text + header.slice(from);
}

/** Neighbours become one cut, with the separator between them. */
function addSegment(cuts: number[], start: number, end: number): void {
  if (cuts.length > 0 && cuts.at(-1) === start - 1) cuts[cuts.length - 1] = end;
  else cuts.push(start, end);
}

/** One separator goes with each cut: the one before it, or behind it where nothing stays before. */
function closeGaps(header: string, cuts: number[]): boolean {
  for (let i = 0; i < cuts.length; i += 2) {
    const isFirst = cuts[i] === 0;
    const isLast = cuts[i + 1] === header.length;
    if (isFirst && isLast) return false;
    if (isFirst) cuts[i + 1] = skipBlanks(header, cuts[i + 1]! + 1, header.length);
    else cuts[i]!--;
  }
  return cuts.length === 0 || isSomethingLeft(header, cuts);
}

/** Whether there is more than separators outside the cuts. */
function isSomethingLeft(header: string, cuts: readonly number[]): boolean {
  let cut = 0;
  for (let i = 0; i < header.length; i++) {
    if (i === cuts[cut]) {
      i = cuts[cut + 1]! - 1;
      cut += 2;
    } else if (header[i] !== SEMICOLON && !isBlank(header.charCodeAt(i))) return true;
  }
  return false;
}

function skipBlanks(text: string, from: number, to: number): number {
  let i = from;
  while (i < to && isBlank(text.charCodeAt(i))) i++;
  return i;
}

function trimBlanks(text: string, from: number, to: number): number {
  let i = to;
  while (i > from && isBlank(text.charCodeAt(i - 1))) i--;
  return i;
}

function isBlank(code: number): boolean {
  return code === SPACE || code === TAB;
}
