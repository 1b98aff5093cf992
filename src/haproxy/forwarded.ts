// What members are told about the client: X-Forwarded-* and Forwarded.
import type { FrontendConfig } from '../spec/config.js';
import { addNetworks } from './acl.js';
import type { Section } from './config-file.js';
import type { Emission } from './emission.js';

/** `x_forwarded_for`. */
const OTHER_SPELLINGS = '^x(_forwarded[-_]|-forwarded_)(for|proto|host|port)$';

/** Drops what peers that are not trusted say, and says it anew. */
export function addForwarded(
  { report, files }: Emission,
  section: Section,
  { forwarded, protocol }: FrontendConfig,
  path: string,
): void {
  const { mode, trust } = forwarded;
  const place = `${path}.forwarded`;
  const isTrusting = trust.length > 0;
  if (isTrusting) {
    addNetworks(section, files, { name: 'forwarded_trusted', fetch: 'src' }, trust);
    report.exact(`${place}.trust`, 'What they say is kept; our own comes as a line behind theirs.');
  } else {
    report.exact(`${place}.trust`, 'Nobody: what clients say is dropped.');
  }
  const untrusted = isTrusting ? ['if', '!forwarded_trusted'] : [];
  const drop = (pattern: string): void => {
    section.add('http-request', 'del-header', pattern, '-m', 'reg', ...untrusted);
  };
  drop('^x[-_]forwarded[-_](for|proto|host|port)$');
  drop('^forwarded$');
  // Servers may take another spelling for the header itself: it is nobody's to write.
  if (isTrusting) section.add('http-request', 'del-header', OTHER_SPELLINGS, '-m', 'reg');
  if (mode !== 'none') section.add('acl', 'names_host', 'req.fhdr(host),length', 'gt', '0');
  const scheme = protocol === 'https' ? 'https' : 'http';
  if (mode === 'x-forwarded' || mode === 'both') addXForwarded(section, scheme);
  if (mode === 'rfc7239' || mode === 'both') addRfc7239(section, scheme);
  report.exact(`${place}.mode`, modeReason(mode));
}

function modeReason(mode: string): string {
  return mode === 'none' ? 'No such header is written.' : 'The same headers with the same values.';
}

/** Single values of a trusted peer stay; the list grows. */
function addXForwarded(section: Section, scheme: string): void {
  section.add('http-request', 'add-header', 'x-forwarded-for', '%[src]');
  for (const [name, format, condition] of [
    ['x-forwarded-proto', scheme, ['unless', '{']],
    ['x-forwarded-host', '%[req.fhdr(host)]', ['if', 'names_host', '!{']],
    ['x-forwarded-port', '%[dst_port]', ['unless', '{']],
  ] as const) {
    const isGiven = [...condition, `req.fhdr(${name})`, '-m', 'found', '}'];
    section.add('http-request', 'set-header', name, format, ...isGiven);
  }
}

/** RFC 7239 4: what is no token stands in quotes. */
function addRfc7239(section: Section, scheme: string): void {
  const element = 'txn.forwarded';
  const begin = (format: string, ...condition: readonly string[]): void => {
    section.add('http-request', `set-var-fmt(${element})`, format, 'if', ...condition);
  };
  const extend = (format: string, ...condition: readonly string[]): void =>
    begin(`%[var(${element})];${format}`, ...condition);
  section.add('acl', 'source_is_ipv6', 'src', '-m', 'sub', '--', ':');
  section.add('acl', 'destination_is_ipv6', 'dst', '-m', 'sub', '--', ':');
  const token = "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$";
  section.add('acl', 'host_is_token', 'req.fhdr(host)', '-m', 'reg', '--', token);
  begin(`for=%[src];proto=${scheme}`, '!source_is_ipv6');
  begin(`for="[%[src]]";proto=${scheme}`, 'source_is_ipv6');
  extend('host=%[req.fhdr(host)]', 'names_host', 'host_is_token');
  extend('host="%[req.fhdr(host)]"', 'names_host', '!host_is_token');
  extend('by=%[dst]', '!destination_is_ipv6');
  extend('by="[%[dst]]"', 'destination_is_ipv6');
  section.add('http-request', 'add-header', 'forwarded', `%[var(${element})]`);
}
