// Reads a word of HAProxy's configuration the way the place it stands in does, to tell whether it holds a text and nothing but that.

/** How places read what stands in a word. Each undoes one way of writing, or says that the word is not written so. */
const READINGS: readonly ((written: string) => string | undefined)[] = [
  (written) => written,
  readPercents,
  readFormat,
  readArgument,
  readReplacement,
  readPattern,
];

/** Whether `found` is what `expected` is, with `text` in the place of `harmless`. Letters of names may have become small. */
export function readWord(expected: string, found: string, harmless: string, text: string): boolean {
  const pieces = expected.split(new RegExp(harmless.replaceAll(/\W/g, '\\$&'), 'i'));
  if (pieces.length === 1) return expected === found;
  return reads(pieces, found, text) || reads(pieces, unquoted(found), text);
}

/** `req.fhdr('x-$a',1)` -> `req.fhdr(x-$a,1)`. */
function unquoted(word: string): string {
  return word.replaceAll(/'((?:[^']|'\\'')*)'/g, (_, inner: string) =>
    inner.replaceAll("'\\''", "'"),
  );
}

/** Tries every way to find the text between the pieces. */
function reads([piece = '', ...rest]: readonly string[], found: string, text: string): boolean {
  if (!found.startsWith(piece)) return false;
  const behind = found.slice(piece.length);
  if (rest.length === 0) return behind === '';
  for (let end = 0; end <= behind.length; end++) {
    const written = behind.slice(0, end);
    const isText = READINGS.some((reading) => isSameText(reading(written), text));
    if (isText && reads(rest, behind.slice(end), text)) return true;
  }
  return false;
}

/** Letters of names, methods and hosts may change their size; a slash at the end of a prefix may go. */
function isSameText(read: string | undefined, text: string): boolean {
  const lower = text.toLowerCase();
  const forms = [text, lower, text.toUpperCase(), lower.replaceAll('_', '-')];
  // A dollar sign that stands for itself, in what is written in the place of a pattern.
  forms.push(text.replaceAll('$$', () => '$'));
  return read !== undefined && [...forms, text.replace(/\/$/, '')].includes(read);
}

/** A log-format string without variables. */
function readPercents(written: string): string | undefined {
  const read = written.replaceAll('%%', '\u0002');
  return read.includes('%') ? undefined : read.replaceAll('\u0002', '%');
}

/** A log-format string (manual, 8.2.4): `%%` is a percent sign, variables stand where the template has them. */
function readFormat(written: string): string | undefined {
  const literal = written.replaceAll('{', '{\ue000').replaceAll('%%', '\u0002');
  const read = literal
    .replaceAll('%[var(txn.host)]', '{host}')
    .replaceAll('%[src]', '{client.ip}')
    .replaceAll(/\{\ue000([A-Za-z][\w.-]*)\}/g, '{{$1}}')
    .replaceAll('\ue000', '');
  return read.includes('%') ? undefined : read.replaceAll('\u0002', '%');
}

/** An argument of a fetch (manual, 2.2): quotes are read once more. */
function readArgument(written: string): string | undefined {
  let read = '';
  let quote = '';
  for (let i = 0; i < written.length; i++) {
    const char = written.charAt(i);
    if (quote === '' && char === '\\') {
      read += written.charAt(++i);
    } else if (quote === '' && char === "'") quote = char;
    else if (quote === char) quote = '';
    else if (quote === '' && /[,)(\s"]/.test(char)) return undefined;
    else read += char;
  }
  return quote === '' ? read : undefined;
}

/** What is written in the place of a pattern: `\\1` is its first group. */
function readReplacement(written: string): string | undefined {
  return readArgument(written)?.replaceAll(/\\(.)/g, (_, char: string) =>
    /\d/.test(char) ? `$${char}` : char,
  );
}

/** A regular expression that is a plain text, with either of `-` and `_`. */
function readPattern(written: string): string {
  return written.replaceAll('[-_]', '-').replaceAll(/\\([.*+?^${}()|[\]\\])/g, '$1');
}
