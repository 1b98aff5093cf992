// What members are told about the client: X-Forwarded-* and Forwarded.
import type { FrontendConfig } from '../spec/config.js';
import { addNetworks } from './acl.js';
import type { Section } from './config-file.js';
import type { Emission } from './emission.js';

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
  for (const [name, format] of [
    ['x-forwarded-proto', scheme],
    ['x-forwarded-host', '%[req.hdr(host)]'],
    ['x-forwarded-port', '%[dst_port]'],
  ] as const) {
    const isMissing = ['unless', '{', `req.fhdr(${name})`, '-m', 'found', '}'];
    section.add('http-request', 'set-header', name, format, ...isMissing);
  }
}

/** RFC 7239 4: what is no token stands in quotes. */
function addRfc7239(section: Section, scheme: string): void {
  section.add('acl', 'source_is_ipv6', 'src', '-m', 'sub', '--', ':');
  section.add(
    'acl',
    'host_is_token',
    'req.hdr(host)',
    '-m',
    'reg',
    '--',
    "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$",
  );
  for (const [node, family] of [
    ['for=%[src]', '!source_is_ipv6'],
    ['for="[%[src]]"', 'source_is_ipv6'],
  ] as const) {
    for (const [host, shape] of [
      ['%[req.hdr(host)]', 'host_is_token'],
      ['"%[req.hdr(host)]"', '!host_is_token'],
    ] as const) {
      const format = `${node};proto=${scheme};host=${host}`;
      section.add('http-request', 'add-header', 'forwarded', format, 'if', family, shape);
    }
  }
}
