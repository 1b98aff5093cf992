// Members as real servers.
import { isIP, parseHostPort } from '../core/address.js';
import { renderAddress } from '../emit/network.js';
import { standIns, usableBackups } from '../emit/stand-ins.js';
import type { MemberConfig, PoolConfig } from '../spec/config.js';
import type { Line } from './block.js';
import type { KeepalivedEmission } from './emission.js';

/** keepalived counts in 32 bits. */
const HIGHEST_COUNT = 4_294_967_295;

/** The virtual server that they are for. */
interface Virtual {
  readonly address: string;
  readonly port: number;
  readonly check: readonly Line[];
}

/** The blocks of a pool's members; those in maintenance have none, nor have backups while others can serve. */
export function realServers(
  emission: KeepalivedEmission,
  pool: PoolConfig,
  path: string,
  virtual: Virtual,
): readonly Line[] {
  const ordinary = standIns(pool);
  return pool.members.flatMap((member, index) => {
    const place = `${path}.members[${index}]`;
    const { weight, backup, maxConnections, state } = member;
    const address = addressOf(emission, member, place, virtual);
    if (address === undefined || state === 'maintenance') return [];
    if (backup && !ordinary.includes(member)) return [];
    const block: readonly Line[] = [
      { words: ['weight', state === 'drain' ? 0 : weight] },
      ...(maxConnections === undefined
        ? []
        : [{ words: ['uthreshold', Math.min(HIGHEST_COUNT, maxConnections)] }]),
      ...virtual.check,
    ];
    return [{ words: ['real_server', ...address], block }];
  });
}

/** One backup serves while nobody else can. */
export function sorryServer({ report }: KeepalivedEmission, pool: PoolConfig): readonly Line[] {
  if (standIns(pool).length > 0) return [];
  const { host = '', port = 0 } = parseHostPort(usableBackups(pool)[0]?.address ?? '') ?? {};
  const address = renderAddress(host);
  if (address === undefined) return [];
  if (pool.health === undefined)
    report.note('Without health a backup is never used: no member is ever down.');
  return [{ words: ['sorry_server', address, port] }];
}

/** Tells what becomes of the members of a pool; whether an address can be had depends on the virtual server. */
export function tellMembers({ report }: KeepalivedEmission, pool: PoolConfig, path: string): void {
  const backups = usableBackups(pool).length;
  if (standIns(pool).length > 0)
    report.written(`${path}.backups`, 'No other member can serve: they are ordinary servers.');
  else if (pool.backups === 'all' && backups > 1)
    report.approximated(`${path}.backups`, 'LVS takes one backup: the first.');
  else
    report.exact(`${path}.backups`, backups > 0 ? 'sorry_server: the first.' : 'There are none.');
  for (const [index, member] of pool.members.entries()) {
    const place = `${path}.members[${index}]`;
    report.exact(`${place}.name`, 'Known by its address.');
    report.exact(`${place}.address`, 'The same address.');
    report.exact(`${place}.weight`, 'The same weight.');
    report.exact(`${place}.state`, STATES[member.state]);
    report.exact(`${place}.backup`, member.backup ? 'sorry_server.' : 'An ordinary server.');
    report.exact(`${place}.labels`, 'Notes; nothing is written.');
    const { maxConnections = 0 } = member;
    if (maxConnections > HIGHEST_COUNT)
      report.approximated(`${place}.maxConnections`, `LVS counts to ${HIGHEST_COUNT}.`);
    else if (maxConnections > 0) report.exact(`${place}.maxConnections`, 'uthreshold.');
  }
}

const STATES = {
  ready: 'In use.',
  drain: 'Weight 0: its sessions go on.',
  maintenance: 'Left out.',
} as const;

function addressOf(
  { report, lvs }: KeepalivedEmission,
  member: MemberConfig,
  path: string,
  virtual: Virtual,
): readonly [string, number] | undefined {
  const place = `${path}.address`;
  const { host = '', port = 0 } = parseHostPort(member.address) ?? {};
  const address = renderAddress(host);
  if (address === undefined) {
    report.refused(place, 'LVS needs a plain address: no name, no zone.');
    return undefined;
  }
  if (isIP(address) !== isIP(virtual.address)) {
    report.refused(place, 'Member and virtual address have to be of one family, IPv4 or IPv6.');
    return undefined;
  }
  if (lvs !== 'nat' && port !== virtual.port) {
    report.refused(
      place,
      `Datagrams come unchanged: a member listens on the frontend's port, ${virtual.port}.`,
    );
    return undefined;
  }
  return [address, port];
}
