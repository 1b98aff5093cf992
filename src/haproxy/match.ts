// What a route asks of a request or connection, as ACLs.
import { canonicalIPv6 } from '../core/address.js';
import type { MatchConfig, PathMatchConfig } from '../spec/config.js';
import { addAcl, addNetworks } from './acl.js';
import type { Section } from './config-file.js';
import type { Emission } from './emission.js';
import { quoteArgument } from './quote.js';
import { REQUEST_VARIABLES } from './template.js';

/** What is matched, and where its ACLs go. */
export interface MatchPlace {
  readonly section: Section;
  /** Begins the names of its ACLs: `r3`. */
  readonly prefix: string;
  /** `frontends[0].routes[3].match`. */
  readonly path: string;
  /** Whether the server name is that of a handshake made here. @defaultValue false */
  readonly endsTls?: boolean;
}

/** Writes the ACLs of a match. @returns their names: all of them must hold */
export function addMatch(
  emission: Emission,
  place: MatchPlace,
  match: MatchConfig,
): readonly string[] {
  const { section, prefix, path } = place;
  const { report, files } = emission;
  const names: string[] = [];
  const named = (part: string): string => {
    const name = `${prefix}_${part}`;
    if (!names.includes(name)) names.push(name);
    return name;
  };
  if (match.source !== undefined) {
    addNetworks(section, files, { name: named('source'), fetch: 'src' }, match.source);
    report.exact(`${path}.source`, 'Networks of the source address.');
  }
  if (match.host !== undefined) {
    addNames(section, named('host'), `var(${REQUEST_VARIABLES.host})`, match.host);
    if (match.host.some((host) => host.includes(':')))
      report.approximated(`${path}.host`, NOTE_IPV6);
    else report.exact(`${path}.host`, 'The Host without port, lower case.');
  }
  if (match.sni !== undefined) {
    const fetch = place.endsTls === true ? 'ssl_fc_sni' : 'req.ssl_sni';
    addNames(section, named('sni'), `${fetch},lower`, match.sni);
    report.exact(`${path}.sni`, 'The server name of the ClientHello.');
  }
  if (match.path !== undefined) {
    addPath(section, named('path'), match.path);
    report.exact(`${path}.path`, 'The path as it came, not decoded.');
    report.note(NOTE_READINGS);
  }
  if (match.method !== undefined) {
    addAcl(section, { name: named('method'), fetch: 'method' }, match.method);
    report.exact(`${path}.method`, 'One of the methods.');
  }
  addAttributes(emission, place, match, named);
  return names;
}

const NOTE_IPV6 =
  'HAProxy compares texts: an IPv6 address matches as browsers write it, shortest and in lower case, not in other spellings.';

/** What is true of routes by path. */
export const NOTE_READINGS =
  'HAProxy looks at a path as it came only; one that servers may read in several ways is not answered 400.';

/** Exact names, and `*.example.com` for one label or more in front. */
function addNames(section: Section, name: string, fetch: string, hosts: readonly string[]): void {
  const plain = hosts.map(canonicalHost);
  addAcl(
    section,
    { name, fetch, flags: ['-m', 'str'] },
    plain.filter((host) => !host.startsWith('*.')),
  );
  addAcl(
    section,
    { name, fetch, flags: ['-m', 'end'] },
    plain.filter((host) => host.startsWith('*.')).map((host) => host.slice(1)),
  );
}

/** Lower case, without the dot of the root, IPv6 in brackets: as `txn.host` has it. */
export function canonicalHost(host: string): string {
  return canonicalIPv6(host) ?? host.toLowerCase().replace(/\.$/, '');
}

function addPath(section: Section, name: string, path: PathMatchConfig): void {
  if (typeof path === 'string') {
    const prefix = path.endsWith('/') ? path.slice(0, -1) : path;
    if (prefix !== '') addAcl(section, { name, fetch: 'path', flags: ['-m', 'str'] }, [prefix]);
    addAcl(section, { name, fetch: 'path', flags: ['-m', 'beg'] }, [`${prefix}/`]);
  } else if ('exact' in path) {
    addAcl(section, { name, fetch: 'path', flags: ['-m', 'str'] }, [path.exact]);
  } else {
    addAcl(section, { name, fetch: 'path', flags: ['-m', 'reg'] }, [path.regex]);
  }
}

function addAttributes(
  { report }: Emission,
  { section, path }: MatchPlace,
  match: MatchConfig,
  named: (part: string) => string,
): void {
  for (const [kind, fetch, values] of [
    ['header', 'req.fhdr', match.header],
    ['query', 'urlp', match.query],
    ['cookie', 'req.cook', match.cookie],
  ] as const) {
    if (values === undefined) continue;
    const place = `${path}.${kind}`;
    for (const [index, [name, value]] of Object.entries(values).entries()) {
      const argument = quoteArgument(name);
      if (argument === undefined) {
        report.refused(place, `HAProxy's fetches can not name ${JSON.stringify(name)}.`);
        continue;
      }
      const acl = { name: named(`${kind}${index}`), fetch: `${fetch}(${argument})` };
      addAcl(section, { ...acl, flags: ['-m', 'str'] }, [value]);
    }
    if (kind === 'header') report.exact(place, 'One line of that name has exactly this value.');
    else report.approximated(place, `Of several of one name HAProxy looks at each, not the first.`);
  }
}
