// HAProxy's tests of a request as matches of a route.
import { parseCidr } from '../../core/cidr.js';
import type { MatchSpec } from '../../spec/route.js';
import type { ConfigLine } from '../read-config.js';

/** A test: `hdr(host) -i a.example.com b.example.com`. */
export interface Acl {
  readonly criterion: string;
  /** `-i`, `-m beg`, `-f file` and so on, as written. */
  readonly flags: readonly string[];
  readonly values: readonly string[];
  readonly line: ConfigLine;
}

/** Matches of which one must fit; or why there is none. */
export type Alternatives = readonly MatchSpec[] | string;

/** Reads `criterion [flags] values`. */
export function readAcl(words: readonly string[], line: ConfigLine): Acl {
  const [criterion = '', ...rest] = words;
  const flags: string[] = [];
  let i = 0;
  for (; i < rest.length && /^-[a-zA-Z-]/.test(rest[i] ?? ''); i++) {
    const flag = rest[i] ?? '';
    if (flag === '--') {
      i++;
      break;
    }
    flags.push(flag);
    if (flag === '-m' || flag === '-f' || flag === '-M') flags.push(rest[++i] ?? '');
  }
  return { criterion, flags, values: rest.slice(i), line };
}

const EVERYTHING: readonly MatchSpec[] = [{}];

/** ACLs that HAProxy has by itself (configuration manual, 7.4). */
export function predefined(name: string): Alternatives | undefined {
  switch (name) {
    case 'TRUE':
      return EVERYTHING;
    case 'LOCALHOST':
      return [{ source: ['127.0.0.0/8', '::1/128'] }];
    case 'METH_GET':
      return [{ method: ['GET', 'HEAD'] }];
    case 'METH_CONNECT':
    case 'METH_DELETE':
    case 'METH_HEAD':
    case 'METH_OPTIONS':
    case 'METH_POST':
    case 'METH_PUT':
    case 'METH_TRACE':
      return [{ method: [name.slice('METH_'.length)] }];
    default:
      return undefined;
  }
}

/** What a test asks for. */
export function matchesOf(acl: Acl): Alternatives {
  const { flags, values } = acl;
  if (flags.includes('-f') || flags.includes('-M')) return 'Its values are in a file.';
  if (values.length === 0) return 'It has no values.';
  const { base, argument, how } = readCriterion(acl);
  const ignoresCase = flags.includes('-i');
  switch (base) {
    case 'hdr':
      if (argument === undefined) return 'It names no header.';
      return argument.toLowerCase() === 'host'
        ? namesMatch('host', how, values)
        : exact(how, ignoresCase, values, (value) => ({ header: { [argument]: value } }));
    case 'cook':
      if (argument === undefined) return 'It names no cookie.';
      return exact(how, ignoresCase, values, (value) => ({ cookie: { [argument]: value } }));
    case 'url_param':
    case 'urlp':
      if (argument === undefined) return 'It names no parameter.';
      return exact(how, ignoresCase, values, (value) => ({ query: { [argument]: value } }));
    case 'path':
      return pathMatch(how, ignoresCase, values);
    case 'method':
      return how === 'str' ? [{ method: values }] : 'Methods are compared as a whole.';
    case 'src':
      return values.every((value) => parseCidr(value) !== undefined)
        ? [{ source: values }]
        : 'Not every value is an address or a network.';
    case 'ssl_sni':
    case 'ssl_fc_sni':
      return namesMatch('sni', how, values);
    default:
      return `Routes do not look at "${acl.criterion}".`;
  }
}

interface Criterion {
  readonly base: string;
  readonly argument: string | undefined;
  /** `str`, `beg`, `end`, `sub`, `reg`, `dom`, ... */
  readonly how: string;
}

/** `hdr_end(host)`, `req.hdr(host),lower -m end` -> `hdr`, `host`, `end`. */
function readCriterion({ criterion, flags }: Acl): Criterion {
  const [fetch = '', ...converters] = splitConverters(criterion);
  const unknown = converters.find(
    (name) => !['lower', 'host_only', 'field(1,:)', 'word(1,:)'].includes(name),
  );
  const match = /^(?:req[._])?([a-z_]+)(?:\((.*)\))?$/.exec(fetch);
  if (match === null || unknown !== undefined)
    return { base: criterion, argument: undefined, how: '' };
  const [, name = '', argument] = match;
  const suffix = /^(hdr|path|cook|url_param|urlp|ssl_fc_sni)_(beg|dir|dom|end|len|reg|sub)$/.exec(
    name,
  );
  const told = flags[flags.indexOf('-m') + 1];
  const how = flags.includes('-m') ? (told ?? '') : (suffix?.[2] ?? 'str');
  return { base: suffix?.[1] ?? name, argument: argument === '' ? undefined : argument, how };
}

/** Commas inside parentheses do not part. */
function splitConverters(criterion: string): readonly string[] {
  return criterion.match(/(?:[^,(]|\([^)]*\))+/g) ?? [];
}

/** Hosts and server names: exact, or everything below a domain. */
function namesMatch(field: 'host' | 'sni', how: string, values: readonly string[]): Alternatives {
  switch (how) {
    case 'str':
      return [{ [field]: values.map((value) => value.replace(/:\d+$/, '').toLowerCase()) }];
    case 'end':
      return values.every((value) => value.startsWith('.'))
        ? [{ [field]: values.map((value) => `*${value.toLowerCase()}`) }]
        : 'An end that does not begin with a dot may stand within a name.';
    default:
      return 'Names are compared as a whole, or by the domain that they end with.';
  }
}

function exact(
  how: string,
  ignoresCase: boolean,
  values: readonly string[],
  matchOf: (value: string) => MatchSpec,
): Alternatives {
  if (how !== 'str') return 'Values are compared as a whole.';
  if (ignoresCase) return 'Values are compared with their case.';
  return values.map(matchOf);
}

function pathMatch(how: string, ignoresCase: boolean, values: readonly string[]): Alternatives {
  const flag = ignoresCase ? '(?i)' : '';
  const matching = (regexOf: (text: string) => string): readonly MatchSpec[] =>
    values.map((value) => ({ path: { regex: flag + regexOf(escapeRegex(value)) } }));
  switch (how) {
    case 'str':
      return ignoresCase
        ? matching((text) => `^${text}$`)
        : values.map((value) => ({ path: { exact: value } }));
    case 'beg':
      return values.includes('/') ? EVERYTHING : matching((text) => `^${text}`);
    case 'end':
      return matching((text) => `${text}$`);
    case 'sub':
      return matching((text) => text);
    case 'reg':
      return values.map((value) => ({ path: { regex: flag + value } }));
    default:
      return `Routes do not compare paths by "${how}".`;
  }
}

function escapeRegex(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
