// Templates of the spec as log-format strings (manual, 8.2.4).
import type { PoolConfig } from '../spec/config.js';
import { parseTemplate } from '../spec/template.js';
import type { Section } from './config-file.js';
import { quoteArgument, quoteFormat } from './quote.js';

/** The variables of a transaction that templates, routes and logs look at. */
export const REQUEST_VARIABLES = {
  host: 'txn.host',
  path: 'txn.path',
  query: 'txn.query',
  markedQuery: 'txn.marked_query',
  id: 'txn.id',
} as const;

/** Notes what a request was like when it came: rules may change it, and answers no longer know it. */
export function addRequestVariables(section: Section): void {
  const { host, path, query, markedQuery } = REQUEST_VARIABLES;
  section.add('http-request', `set-var(${host})`, 'req.hdr(host),host_only,rtrim(.)');
  section.add('http-request', `set-var(${path})`, 'path');
  section.add('http-request', `set-var(${query})`, 'query');
  const hasQuery = ['if', '{', 'query', '-m', 'len', 'gt', '0', '}'];
  section.add('http-request', `set-var-fmt(${markedQuery})`, '?%[query]', ...hasQuery);
}

/** Holds what a pool chooses by, as it came: rules may change it before the pool looks. `web-1` -> `txn.key.web_1`. */
export function keyVariable(pool: string): string {
  return `txn.key.${pool.replaceAll('-', '_')}`;
}

/** The same of what a pool's clients stay by. */
export function stickyVariable(pool: string): string {
  return `txn.stick.${pool.replaceAll('-', '_')}`;
}

/** Nobody is known by an empty value. */
function isGiven(words: string): readonly string[] {
  return ['if', '{', `${words},length`, 'gt', '0', '}'];
}

/** Notes what pools look at; names that HAProxy has no fetch for are refused by the pool. */
export function addKeyVariables(section: Section, pools: readonly PoolConfig[]): void {
  const note = (
    variable: string,
    fetch: string,
    name: string,
    condition: (words: string) => readonly string[] = () => [],
  ): void => {
    const argument = quoteArgument(name);
    if (argument === undefined) return;
    const words = fetch === 'req.fhdr' ? `req.fhdr(${argument},1)` : `${fetch}(${argument})`;
    section.add('http-request', `set-var(${variable})`, words, condition(words));
  };
  for (const { name, sticky, strategy } of pools) {
    if (sticky?.mode === 'header') note(stickyVariable(name), 'req.fhdr', sticky.header, isGiven);
    if (strategy.type !== 'hash' || typeof strategy.key === 'string') continue;
    if ('header' in strategy.key) note(keyVariable(name), 'req.fhdr', strategy.key.header);
    if ('cookie' in strategy.key) note(keyVariable(name), 'req.cook', strategy.key.cookie);
  }
}

/**
 * A template as a format; never empty, since HAProxy takes an empty word for the end of a line.
 * @param prefixLength - characters of the path that `{rest}` leaves out; infinity = all
 */
export function renderFormat(template: string, prefixLength = 0): string {
  let format = '';
  for (const piece of parseTemplate(template)) {
    if ('text' in piece) {
      format += quoteFormat(piece.text);
    } else if (piece.variable === 'query' && format.endsWith('?')) {
      // Without a query there is no question mark either.
      format = `${format.slice(0, -1)}%[var(${REQUEST_VARIABLES.markedQuery})]`;
    } else {
      format += expressionOf(piece.variable, prefixLength);
    }
  }
  return format === '' ? EMPTY : format;
}

/** A variable that nobody sets. */
const EMPTY = '%[var(txn.nothing)]';

function expressionOf(variable: string, prefixLength: number): string {
  const { host, path, query, id } = REQUEST_VARIABLES;
  switch (variable) {
    case 'host':
      return `%[var(${host})]`;
    case 'path':
      return `%[var(${path})]`;
    case 'rest':
      if (prefixLength === 0) return `%[var(${path})]`;
      return Number.isFinite(prefixLength) ? `%[var(${path}),bytes(${prefixLength})]` : '';
    case 'query':
      return `%[var(${query})]`;
    case 'client.ip':
      return '%[src]';
    case 'tls.sni':
      return '%[ssl_fc_sni]';
    default:
      return `%[var(${id})]`;
  }
}
