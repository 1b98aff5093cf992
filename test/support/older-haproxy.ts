// What an older HAProxy can read of a configuration for a newer one: all but what the table of keywords marks as newer.
import { KEYWORDS, NEWER_OPTIONS } from '../../src/haproxy/keywords.js';
import { splitWords } from '../../src/haproxy/read-config.js';
import { type HaproxyTarget, isKnownTo } from '../../src/haproxy/target.js';

/** Options that have a value behind them. */
const WITH_VALUE: ReadonlySet<string> = new Set(['init-state', 'hash-key']);

/** Drops the lines, and the options in lines, that `installed` does not know. */
export function readableBy(text: string, installed: HaproxyTarget): string {
  return text
    .split('\n')
    .filter((line) => !isNewer(splitWords(line), installed))
    .flatMap((line) => withoutNewer(line, installed))
    .join('\n');
}

function isNewer([first = '', second = '']: readonly string[], installed: HaproxyTarget): boolean {
  const keyword = KEYWORDS[`${first} ${second}`] ?? KEYWORDS[first];
  return keyword !== undefined && !isKnownTo(installed, keyword.since);
}

/** Words that are written as they are; a text in quotes is none of them. A line that had nothing else goes. */
function withoutNewer(line: string, installed: HaproxyTarget): readonly string[] {
  const [first = ''] = splitWords(line);
  let rest = line;
  for (const [option, { since }] of Object.entries(NEWER_OPTIONS[first] ?? {})) {
    if (isKnownTo(installed, since)) continue;
    const value = WITH_VALUE.has(option) ? ' \\S+' : '';
    rest = rest.replace(new RegExp(` ${option}${value}(?= |$)`), '');
  }
  return rest !== line && rest.trim() === first ? [] : [rest];
}
