// HAProxy's configuration as text.
import type { ConfigFile, Line, Section } from './config-file.js';
import { checkKeyword } from './keywords.js';
import { quoteWord } from './quote.js';
import type { HaproxyTarget } from './target.js';

/** The text, and which place of the spec each of its lines comes from. */
export interface RenderedConfig {
  readonly text: string;
  /** Line number (from 1) -> path. */
  readonly places: ReadonlyMap<number, string>;
}

/**
 * Renders a file for a target.
 * @throws RangeError for a keyword that the table does not know, or that is newer than the target: a fault of a translator
 */
export function renderConfig(file: ConfigFile, target: HaproxyTarget): RenderedConfig {
  const lines: string[] = file.header.map((line) => `# ${line.replaceAll(/[^\x20-\x7e]/g, '?')}`);
  const places: Map<number, string> = new Map();
  const push = (text: string, path: string): void => {
    lines.push(text);
    if (path !== '') places.set(lines.length, path);
  };
  for (const section of file.sections) {
    lines.push('');
    push(renderTitle(section), section.path);
    for (const line of inOrder(section.lines)) {
      checkKeyword(line.words, target);
      push(`  ${renderLine(line)}`, line.path);
    }
  }
  return { text: `${lines.join('\n')}\n`, places };
}

function renderTitle({ kind, name }: Section): string {
  return name === '' ? kind : `${kind} ${quoteWord(name)}`;
}

function renderLine({ words, isVerbatim = false }: Line): string {
  return (isVerbatim ? words : words.map(quoteWord)).join(' ');
}

/** First words whose lines HAProxy goes through in this order, wherever they stand. */
const PHASES: readonly string[] = [
  'acl',
  'tcp-request connection',
  'tcp-request session',
  'tcp-request inspect-delay',
  'tcp-request content',
  'http-request',
  'http-response',
  'http-after-response',
  'use_backend',
  'use-server',
  'default_backend',
  'server',
  'server-template',
];

/** Lines that are read in phases stand in the order of the phases, so that the file says what happens. */
function inOrder(lines: readonly Line[]): readonly Line[] {
  return [...lines].sort((a, b) => phaseOf(a) - phaseOf(b));
}

function phaseOf({ words: [first = '', second = ''] }: Line): number {
  return Math.max(PHASES.indexOf(first), PHASES.indexOf(`${first} ${second}`));
}
