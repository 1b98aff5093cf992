// A member as a server of an upstream.
import { parseHostPort, renderHostPort } from '../core/address.js';
import { renderAddress } from '../emit/network.js';
import type { MemberConfig } from '../spec/config.js';
import type { Directive } from './directive.js';
import type { NginxEmission } from './emission.js';

/** What all servers of an upstream have. */
export interface ServerOptions {
  readonly takesBackups: boolean;
  /** Backups that are ordinary servers. */
  readonly standIns: readonly MemberConfig[];
  /** When a server is left out. */
  readonly failure: readonly string[];
}

/** The line of a member; none if it is refused. */
export function serverLine(
  { report }: NginxEmission,
  member: MemberConfig,
  path: string,
  { takesBackups, standIns, failure }: ServerOptions,
): readonly Directive[] {
  const { weight, maxConnections, state } = member;
  const backup = member.backup && !standIns.includes(member);
  const words = [...failure];
  if (weight > 1) words.push(`weight=${weight}`);
  if (maxConnections !== undefined) words.push(`max_conns=${maxConnections}`);
  if (backup) words.push('backup');
  if (state !== 'ready' || weight === 0) words.push('down');
  report.exact(`${path}.name`, 'nginx knows it by its address; lines are in order of name.');
  report.exact(`${path}.weight`, weight === 0 ? 'down.' : 'The same weight.');
  report.exact(`${path}.maxConnections`, 'max_conns.');
  report.exact(`${path}.labels`, 'Notes; nothing is written.');
  if (backup && !takesBackups)
    report.refused(`${path}.backup`, 'nginx has no backups with this strategy.');
  else if (backup || !member.backup)
    report.exact(`${path}.backup`, backup ? 'backup.' : 'An ordinary server.');
  else report.exact(`${path}.backup`, 'An ordinary server: no other member can serve.');
  if (state === 'drain')
    report.approximated(
      `${path}.state`,
      'down: no new sessions, and the reload ends those it has.',
    );
  else report.exact(`${path}.state`, state === 'ready' ? 'In use.' : 'down.');
  const address = addressOf(member);
  if (address === undefined) {
    report.refused(
      `${path}.address`,
      'nginx finds names at its start only, and does not start without; write the address, with no zone.',
    );
    return [];
  }
  report.exact(`${path}.address`, 'The same address.');
  return [{ words: ['server', address, ...words] }];
}

function addressOf({ address }: MemberConfig): string | undefined {
  const { host = '', port = 0 } = parseHostPort(address) ?? {};
  const rendered = host === 'localhost' ? '127.0.0.1' : renderAddress(host);
  return rendered === undefined ? undefined : renderHostPort({ host: rendered, port });
}
