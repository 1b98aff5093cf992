// What `balance hash` hashes: a part of the request, or a variable that rules of the file note it in.
import type { HashKeyConfig } from '../../spec/config.js';
import type { ConfigLine } from '../read-config.js';
import type { Proxy } from './proxy.js';

/** The keys of all backends. A variable counts if every rule that touches it notes the same, for every request. */
export class HashKeys {
  /** Rules that a key of the spec stands for. */
  readonly lines: ReadonlySet<ConfigLine>;
  readonly #variables: ReadonlyMap<string, HashKeyConfig>;

  /** @param proxies - all of them: a variable of a backend is noted by frontends */
  constructor(backends: readonly Proxy[], proxies: readonly Proxy[]) {
    const rules = proxies.flatMap((proxy) => proxy.own('http-request'));
    const lines: Set<ConfigLine> = new Set();
    const variables: Map<string, HashKeyConfig> = new Map();
    for (const proxy of backends) {
      const [, algorithm, argument] = proxy.peek('balance').at(-1)?.words ?? [];
      const variable = algorithm === 'hash' ? variableIn(argument) : undefined;
      if (variable === undefined || proxy.mode !== 'http') continue;
      const own = rules.filter(({ words }) => TOUCHES.exec(words[1] ?? '')?.[1] === variable);
      const [said, ...others] = new Set(own.map(({ words }) => words.slice(1).join(' ')));
      const key = readFetch(said?.replace(`set-var(${variable}) `, ''));
      if (key === undefined || others.length > 0) continue;
      variables.set(variable, key);
      for (const line of own) lines.add(line);
    }
    this.lines = lines;
    this.#variables = variables;
  }

  /** `req.cook(id)`, `var(txn.key)` -> a key; undefined = a spec has no word for it. */
  read(expression?: string): HashKeyConfig | undefined {
    const variable = variableIn(expression);
    return variable === undefined ? readFetch(expression) : this.#variables.get(variable);
  }
}

/** `set-var(txn.key)`, `set-var-fmt(txn.key)`, `set-var(txn.key,ifempty)`, `unset-var(txn.key)` */
const TOUCHES = /^(?:un)?set-var(?:-fmt)?\(([^,)]+)/;

function variableIn(expression: string = ''): string | undefined {
  return /^var\(([^,)]+)\)$/.exec(expression)?.[1];
}

function readFetch(expression: string = ''): HashKeyConfig | undefined {
  if (expression === 'path') return 'path';
  const [, fetch, argument = '', occurrence = ''] = FETCH.exec(expression) ?? [];
  const name = argument.replace(/^'(.*)'$/, '$1').replaceAll("'\\''", "'");
  if (fetch === 'hdr' || fetch === 'fhdr') return { header: name };
  if (fetch === undefined || occurrence !== '') return undefined;
  return fetch === 'cook' ? { cookie: name } : { query: name };
}

/** `req.fhdr(x-user,1)`, `req.cook(id)`, `urlp('a, b')`; a quote in quotes is `'\''`, as evenkeel writes it. */
const FETCH = /^(?:req\.)?(f?hdr|cook|urlp)\(([^\s,()'"\\]+|'(?:[^']|'\\'')+')(,1)?\)$/;
