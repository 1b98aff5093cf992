// What servers take along over a reload: their health, and nothing that the next configuration says otherwise.
import { isIPv6, SocketAddress } from 'node:net';

/** A server as the next configuration has it. */
export interface NextServer {
  /** `10.0.0.1:80`. */
  readonly address: string;
  readonly weight: number;
  /** Whether it is checked, and not in maintenance. Of one that is not, there is no health to take along. */
  readonly hasHealth: boolean;
}

/** Columns of `show servers state`, version 1 (management manual 9.3). */
const BACKEND = 1;
const SERVER = 3;
const ADDRESS = 4;
const ADMIN_STATE = 6;
const WEIGHT = 7;
const INITIAL_WEIGHT = 8;
const FQDN = 17;
const PORT = 18;

/** Maintenance by a command or by the configuration. */
const IS_MAINTENANCE = 0x01 | 0x04;
/** Maintenance because a name has no address, or the wrong one: the only state that goes along. */
const BY_RESOLUTION = 0x20 | 0x40;

/**
 * Makes the state file for the worker that comes. A line also brings weight, port and maintenance along: they are those of the next
 * configuration instead, and a server of another address, or one that comes out of maintenance, begins anew.
 * @param state - the answer to `show servers state`
 */
export function carriedState(
  state: string,
  find: (backend: string, server: string) => NextServer | undefined,
): string {
  const lines = state.split('\n').flatMap((line) => {
    const columns = line.split(' ');
    if (line.startsWith('#') || columns.length <= PORT) return [line];
    const next = find(columns[BACKEND] ?? '', columns[SERVER] ?? '');
    const admin = Number(columns[ADMIN_STATE]);
    if (next?.hasHealth !== true || (admin & IS_MAINTENANCE) !== 0) return [];
    if (!isAt(next.address, columns)) return [];
    columns[ADMIN_STATE] = String(admin & BY_RESOLUTION);
    columns[WEIGHT] = String(next.weight);
    columns[INITIAL_WEIGHT] = String(next.weight);
    return [columns.join(' ')];
  });
  return `${lines.join('\n')}\n`;
}

function isAt(address: string, columns: readonly string[]): boolean {
  const end = address.lastIndexOf(':');
  const host = address.slice(0, end);
  if (address.slice(end + 1) !== columns[PORT]) return false;
  const fqdn = columns[FQDN] ?? '-';
  return fqdn === '-'
    ? canonical(host) === canonical(columns[ADDRESS] ?? '')
    : fqdn.toLowerCase() === host.toLowerCase();
}

function canonical(host: string): string {
  return isIPv6(host) ? new SocketAddress({ address: host, family: 'ipv6' }).address : host;
}
