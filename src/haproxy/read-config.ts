// HAProxy's configuration as it is read: text -> sections of lines of words, quotes and comments taken off.

/** One line of a section. */
export interface ConfigLine {
  /** From 1. */
  readonly number: number;
  readonly words: readonly string[];
  /** As it stands, without the blanks around it. */
  readonly text: string;
}

/** A section: `backend web`, and the lines under it. */
export interface ConfigSection {
  /** `global`, `defaults`, `frontend`, `backend`, `listen`, ... */
  readonly kind: string;
  /** '' if it has none. */
  readonly name: string;
  readonly line: ConfigLine;
  readonly lines: readonly ConfigLine[];
}

/** Words that begin a section (configuration manual, chapters 3 to 4). */
const SECTIONS: ReadonlySet<string> = new Set([
  'global',
  'defaults',
  'frontend',
  'backend',
  'listen',
  'userlist',
  'peers',
  'resolvers',
  'mailers',
  'http-errors',
  'ring',
  'log-forward',
  'program',
  'cache',
  'fcgi-app',
  'crt-store',
]);

/** Splits a configuration into its sections. Lines before the first one make a section of kind ''. */
export function readConfig(text: string): readonly ConfigSection[] {
  const sections: (ConfigSection & { readonly lines: ConfigLine[] })[] = [];
  text.split('\n').forEach((raw, index) => {
    const words = splitWords(raw);
    const [first = ''] = words;
    if (words.length === 0) return;
    const line = { number: index + 1, words, text: raw.trim() };
    if (SECTIONS.has(first)) sections.push({ kind: first, name: words[1] ?? '', line, lines: [] });
    else {
      if (sections.length === 0) sections.push({ kind: '', name: '', line, lines: [] });
      sections.at(-1)?.lines.push(line);
    }
  });
  return sections;
}

/**
 * A line -> its words (configuration manual 2.2). Variables stay as they are written.
 *
 * ```
 *   use_backend a\ b if { path "/x y" } # why   ->  use_backend | a b | if | { | path | /x y | }
 * ```
 */
export function splitWords(line: string): readonly string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (let i = 0; i < line.length; i++) {
    const c = line.charAt(i);
    if (quote === "'") {
      if (c === "'") quote = '';
      else word += c;
    } else if (c === '\\' && i + 1 < line.length) {
      const [read, length] = unescape(line.slice(i, i + 4), quote !== '');
      i += length - 1;
      word = (word ?? '') + read;
    } else if (c === '"' || (c === "'" && quote === '')) {
      quote = quote === c ? '' : quote || c;
      word ??= '';
    } else if (quote !== '') word += c;
    else if (c === '#') break;
    else if (/\s/.test(c)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? '') + c;
  }
  if (word !== undefined) words.push(word);
  return words;
}

/** What an escape stands for, and how long it is; HAProxy leaves a backslash before anything else alone. */
function unescape(text: string, isQuoted: boolean): readonly [string, number] {
  const code = /^\\x([0-9a-f]{2})/i.exec(text)?.[1];
  if (code !== undefined) return [String.fromCharCode(Number.parseInt(code, 16)), 4];
  const c = text.charAt(1);
  const named = NAMED[c];
  if (named !== undefined) return [named, 2];
  return ` \\#'"${isQuoted ? '$' : ''}`.includes(c) ? [c, 2] : ['\\', 1];
}

const NAMED: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };
