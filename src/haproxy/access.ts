// Who may come in: access lists, and connections per source.
import type { FrontendConfig } from '../spec/config.js';
import { addNetworks } from './acl.js';
import { Section } from './config-file.js';
import type { Emission } from './emission.js';

/** The PROXY header is read after `connection` rules and before `session` rules. */
export function connectionRules({ acceptProxyProtocol }: FrontendConfig): string {
  return acceptProxyProtocol === undefined ? 'connection' : 'session';
}

/** Believes the PROXY header of trusted peers, and closes everybody else. */
export function addProxyTrust(
  { report, files }: Emission,
  section: Section,
  { acceptProxyProtocol }: FrontendConfig,
  path: string,
): void {
  if (acceptProxyProtocol === undefined) return;
  const { trust } = acceptProxyProtocol;
  addNetworks(section, files, { name: 'proxy_trusted', fetch: 'src' }, trust);
  section.add('tcp-request', 'connection', 'reject', 'unless', 'proxy_trusted');
  section.add('tcp-request', 'connection', 'expect-proxy', 'layer4');
  report.exact(
    `${path}.acceptProxyProtocol`,
    'Peers that are not trusted are reset; the others must begin with a PROXY header.',
  );
}

/** The ACLs of an access list; gives back the conditions under which somebody is kept out. */
export function addAccessAcls(
  { files }: Emission,
  section: Section,
  { access }: FrontendConfig,
): readonly (readonly string[])[] {
  if (access === undefined) return [];
  const conditions: string[][] = [];
  if (access.deny.length > 0) {
    addNetworks(section, files, { name: 'access_denied', fetch: 'src' }, access.deny);
    conditions.push(['if', 'access_denied']);
  }
  if (access.allow.length > 0) {
    addNetworks(section, files, { name: 'access_allowed', fetch: 'src' }, access.allow);
    conditions.push(['unless', 'access_allowed']);
  }
  return conditions;
}

/** Counts the connections of each source, in a table of its own, and resets the one too many. */
export function addSourceLimit(
  { report }: Emission,
  section: Section,
  frontend: FrontendConfig,
  path: string,
): readonly Section[] {
  const { maxConnectionsPerSource } = frontend;
  if (maxConnectionsPerSource === undefined) return [];
  const table = new Section('backend', `sources.${frontend.name}`, path);
  table.add('stick-table', 'type', 'ipv6', 'size', '100k', 'expire', '1h', 'store', 'conn_cur');
  const rules = connectionRules(frontend);
  section.add('tcp-request', rules, 'track-sc0', 'src', 'table', table.name);
  section.add(
    ['tcp-request', rules, 'reject', 'if', '{', `sc_conn_cur(0,${table.name})`],
    ['gt', maxConnectionsPerSource, '}'],
  );
  report.exact(`${path}.maxConnectionsPerSource`, 'Counted in a stick table; one more is reset.');
  return [table];
}
