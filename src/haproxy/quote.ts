// Texts of a user inside HAProxy's configuration: quoted so that they stay one word, whatever they hold.

/** What needs no quotes. */
const PLAIN = /^[A-Za-z0-9_.,:;/()[\]{}!%@+*=<>|&?^~-]+$/;
// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const CONTROL = /[\u0000-\u001f\u007f]/g;

/**
 * One word of a line (manual, 2.2 "Quoting and escaping"). In single quotes nothing is interpreted; a single quote, which can't stand
 * in them, is written `\'` between two pairs, a control character `\xNN`.
 */
export function quoteWord(word: string): string {
  if (word !== '' && PLAIN.test(word)) return word;
  if (word.includes('\u0000')) throw new RangeError('HAProxy has no words with NUL');
  const inner = word
    .replaceAll("'", "'\\''")
    .replace(CONTROL, (char) => `'\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}'`);
  return `'${inner}'`;
}

/**
 * An argument in parentheses, such as a name in `req.hdr(name)`: quoted at the second level, which knows no `\xNN`.
 * @returns undefined when it can't be written
 */
export function quoteArgument(text: string): string | undefined {
  if (/^[A-Za-z0-9_./~+*!|^&-]+$/.test(text)) return text;
  if (text === '' || text.search(CONTROL) >= 0) return undefined;
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** Text inside a log-format string (manual, 8.2.4): nothing in it is a variable. */
export function quoteFormat(text: string): string {
  return text.replaceAll('%', '%%');
}
