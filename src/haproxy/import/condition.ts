// `if` and `unless` behind a rule: names of ACLs, and tests in braces.

import type { MatchSpec } from '../../spec/route.js';
import { routeSchema } from '../../spec/route.js';
import type { ConfigLine } from '../read-config.js';
import { type Acl, type Alternatives, matchesOf, predefined, readAcl } from './acl.js';
import type { Notes } from './notes.js';
import type { Proxy } from './proxy.js';

/** Most matches that one condition may become. */
const MAX_MATCHES = 64;

const NOT_NEGATED = 'Routes match what is, not what is not.';

interface Term {
  readonly isNegated: boolean;
  /** As written: a name, or the words between the braces. */
  readonly words: readonly string[];
}

/** The ACLs of a proxy, and what conditions that use them ask for. */
export class Conditions {
  readonly #acls: Map<string, Acl[]> = new Map();
  readonly #notes: Notes;
  readonly #isTls: boolean;
  readonly #used: Set<Acl> = new Set();

  /** @param isTls - whether TLS ends at this frontend: what `ssl_fc` says */
  constructor(proxy: Proxy, isTls: boolean) {
    this.#notes = proxy.notes;
    this.#isTls = isTls;
    for (const line of proxy.own('acl')) {
      const [, name = '', ...words] = line.words;
      const known = this.#acls.get(name) ?? [];
      known.push(readAcl(words, line));
      this.#acls.set(name, known);
    }
  }

  /** Matches that stand for the condition behind a rule; `[{}]` if there is none. */
  matches(line: ConfigLine): Alternatives {
    const at = line.words.findIndex((word) => word === 'if' || word === 'unless');
    if (at < 0) return [{}];
    const written = readGroups(line.words.slice(at + 1));
    const groups = line.words[at] === 'unless' ? negate(written) : written;
    if (groups === undefined) return NOT_NEGATED;
    const matches: MatchSpec[] = [];
    for (const group of groups) {
      const found = this.#group(group, line);
      if (typeof found === 'string') return found;
      matches.push(...found);
    }
    if (matches.length > MAX_MATCHES) return `It would become ${matches.length} routes.`;
    return matches;
  }

  /** The only test of a condition, for rules that know what to do with some of them. */
  single(
    line: ConfigLine,
  ): { readonly isNegated: boolean; readonly acls: readonly Acl[] } | undefined {
    const at = line.words.findIndex((word) => word === 'if' || word === 'unless');
    const groups = at < 0 ? [] : readGroups(line.words.slice(at + 1));
    const [term] = groups[0] ?? [];
    if (term === undefined || groups.length > 1 || (groups[0]?.length ?? 0) > 1) return undefined;
    const acls = this.#aclsOf(term, line);
    if (acls === undefined) return undefined;
    return { isNegated: term.isNegated !== (line.words[at] === 'unless'), acls };
  }

  /** Marks ACLs as carried out. */
  take(acls: readonly Acl[]): void {
    for (const acl of acls) {
      this.#used.add(acl);
      this.#notes.take(acl.line);
    }
  }

  /** ACLs that no rule of the spec needs: why each is left. */
  finish(): void {
    for (const acl of [...this.#acls.values()].flat()) {
      if (this.#used.has(acl) || acl.criterion === 'ssl_fc') continue;
      const found = matchesOf(acl);
      this.#notes.leave(
        acl.line,
        typeof found === 'string' ? found : 'No rule that is in the spec uses it.',
      );
    }
  }

  #group(terms: readonly Term[], line: ConfigLine): Alternatives {
    let matches: readonly MatchSpec[] = [{}];
    const used: Acl[] = [];
    for (const term of terms) {
      const [name = ''] = term.words;
      if (this.#isAboutTls(term, line)) {
        if (this.#isTls === term.isNegated) return [];
        used.push(...(this.#acls.get(name) ?? []));
        continue;
      }
      if (term.isNegated) return NOT_NEGATED;
      const isOwn = term.words.length === 1 && !this.#acls.has(name);
      const own = isOwn ? predefined(name) : undefined;
      const acls = own === undefined ? this.#aclsOf(term, line) : [];
      if (acls === undefined) return `There is no ACL "${name}".`;
      const found = own ?? anyOf(acls);
      if (typeof found === 'string') return found;
      const merged = matches.flatMap((a) => found.map((b) => merge(a, b)));
      if (merged.includes(undefined)) return 'A route can not ask for both at once.';
      matches = merged.filter((match) => match !== undefined);
      used.push(...acls);
    }
    const fault = matches.map(faultOf).find((reason) => reason !== undefined);
    if (fault !== undefined) return fault;
    this.take(used);
    return matches;
  }

  /** `ssl_fc`, or an ACL that asks for nothing else. */
  #isAboutTls(term: Term, line: ConfigLine): boolean {
    const acls = this.#aclsOf(term, line) ?? [];
    return acls.length > 0 && acls.every(({ criterion }) => criterion === 'ssl_fc');
  }

  #aclsOf({ words }: Term, line: ConfigLine): readonly Acl[] | undefined {
    const [name = ''] = words;
    if (words.length > 1) return [readAcl(words, line)];
    return this.#acls.get(name) ?? (/[(._]/.test(name) ? [readAcl(words, line)] : undefined);
  }
}

/** The opposite of one test; there is no room for that of several. */
function negate(groups: readonly (readonly Term[])[]): readonly (readonly Term[])[] | undefined {
  const [group = []] = groups;
  const [term] = group;
  if (term === undefined || groups.length > 1 || group.length > 1) return undefined;
  return [[{ ...term, isNegated: !term.isNegated }]];
}

function anyOf(acls: readonly Acl[]): Alternatives {
  const all: MatchSpec[] = [];
  for (const acl of acls) {
    const found = matchesOf(acl);
    if (typeof found === 'string') return found;
    all.push(...found);
  }
  return all;
}

/** Both at once; undefined if a match has no room for both. */
function merge(a: MatchSpec, b: MatchSpec): MatchSpec | undefined {
  const result: Record<string, unknown> = { ...a };
  for (const [key, value] of Object.entries(b)) {
    const before = result[key];
    if (before === undefined) result[key] = value;
    else if (key === 'header' || key === 'cookie' || key === 'query')
      result[key] = { ...(before as object), ...value };
    else return undefined;
  }
  return result;
}

/** Why the spec would refuse a match. */
function faultOf(match: MatchSpec): string | undefined {
  const { success, error } = routeSchema.safeParse({ match, pool: 'a' });
  return success ? undefined : (error.issues[0]?.message ?? 'A route does not take it.');
}

/** `a { path /x } or !b` -> two groups. */
function readGroups(words: readonly string[]): readonly (readonly Term[])[] {
  const groups: Term[][] = [[]];
  let isNegated = false;
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    if (word === 'or' || word === '||') groups.push([]);
    else if (word === '!') isNegated = true;
    else if (word === '{' || word === '!{') {
      const end = words.indexOf('}', i);
      const until = end < 0 ? words.length : end;
      groups.at(-1)?.push({
        isNegated: isNegated || word === '!{',
        words: words.slice(i + 1, until),
      });
      isNegated = false;
      i = until;
    } else if (word !== 'and') {
      const negated = word.startsWith('!');
      groups.at(-1)?.push({
        isNegated: isNegated !== negated,
        words: [negated ? word.slice(1) : word],
      });
      isNegated = false;
    }
  }
  return groups;
}
