// A udp frontend as virtual servers of LVS: the kernel sends datagrams on; with DR and TUN answers go straight from member to client.
import { parseHostPort } from '../core/address.js';
import { parseCidr } from '../core/cidr.js';
import { renderAddress } from '../emit/network.js';
import { poolsOfFrontend } from '../emit/pools-of-frontend.js';
import type { BalancerConfig, FrontendConfig, PoolConfig } from '../spec/config.js';
import type { Line } from './block.js';
import { type Check, checkBlock } from './check.js';
import type { KeepalivedEmission } from './emission.js';
import { realServers, sorryServer, tellMembers } from './real-server.js';
import { schedulerWords } from './scheduler.js';

/** How long the kernel remembers a client: one time for all virtual servers, in whole seconds. */
export function sessionLines({ frontends }: BalancerConfig): readonly Line[] {
  return [{ words: ['lvs_timeouts', 'udp', longestSession(frontends)] }];
}

function longestSession(frontends: readonly FrontendConfig[]): number {
  const own = frontends.filter(({ protocol }) => protocol === 'udp');
  return Math.max(1, ...own.map(({ timeouts }) => Math.ceil(timeouts.udpSession / 1000)));
}

/** The blocks of a frontend, one for each address. */
export function virtualServers(
  emission: KeepalivedEmission,
  frontend: FrontendConfig,
  path: string,
): readonly Line[] {
  const { config } = emission;
  tellFrontend(emission, frontend, path);
  const named = poolsOfFrontend(frontend);
  return config.pools.flatMap((pool, index) => {
    const place = `pools[${index}]`;
    if (!named.includes(pool.name)) return [];
    tellPool(emission, pool, place);
    const check = checkBlock(emission, pool, place);
    const scheduler = schedulerWords(emission, pool, place);
    if (pool.name !== frontend.pool) return [];
    return serversOf(emission, { frontend, path, pool, place, check, scheduler });
  });
}

/** A frontend and its pool. */
interface Service {
  readonly frontend: FrontendConfig;
  readonly path: string;
  readonly pool: PoolConfig;
  /** Path of the pool. */
  readonly place: string;
  readonly check: Check;
  readonly scheduler: readonly (readonly string[])[];
}

function serversOf(emission: KeepalivedEmission, service: Service): readonly Line[] {
  const { report, lvs = 'dr' } = emission;
  const { frontend, path, pool, place, check, scheduler } = service;
  return frontend.bind.flatMap((text, at): readonly Line[] => {
    const virtual = virtualAddress(emission, text, `${path}.bind[${at}]`);
    if (virtual === undefined) return [];
    const servers = realServers(emission, pool, place, { ...virtual, check: check.lines });
    // keepalived leaves out what has no servers, and complains where nobody has a weight.
    const serves = pool.members.some(({ state, weight }) => state === 'ready' && weight > 0);
    if (servers.length === 0 || !serves) {
      report.note(
        'A pool in which no member serves has no virtual server: its datagrams are refused.',
      );
      return [];
    }
    return [
      {
        words: ['virtual_server', virtual.address, virtual.port],
        block: [
          { words: ['delay_loop', check.delayLoop] },
          ...scheduler.map((words) => ({ words })),
          { words: ['lvs_method', lvs.toUpperCase()] },
          { words: ['protocol', 'UDP'] },
          ...sorryServer(emission, pool),
          ...servers,
        ],
      },
    ];
  });
}

interface Virtual {
  readonly address: string;
  readonly port: number;
}

/** All addresses are the pair's, if there is one: LVS needs to know which. */
function virtualAddress(
  emission: KeepalivedEmission,
  text: string,
  path: string,
): Virtual | undefined {
  const { config, report } = emission;
  const { host = '', port = 0 } = parseHostPort(text) ?? {};
  const held = config.ha !== undefined && 'ip' in config.ha.address ? config.ha.address.ip : '';
  const address = renderAddress(host === '' ? (parseCidr(held)?.address ?? '') : host);
  const isAny = address === '0.0.0.0' || address === '::';
  if (port === 0 || address === undefined || isAny) {
    report.refused(path, 'LVS needs one plain address and its port.');
    return undefined;
  }
  if (host === '') report.approximated(path, "The pair's address alone.");
  else report.exact(path, 'The virtual server.');
  const socket = `${address} ${port}`;
  const isTaken = emission.sockets.has(socket);
  emission.sockets.add(socket);
  if (!isTaken) return { address, port };
  report.refused(path, 'Another address of the spec is the same virtual server.');
  return undefined;
}

function tellFrontend(
  { config, report }: KeepalivedEmission,
  frontend: FrontendConfig,
  path: string,
): void {
  report.exact(`${path}.name`, 'Known by its address.');
  report.exact(`${path}.bind`, 'A virtual server each.');
  report.exact(`${path}.protocol`, 'protocol UDP.');
  report.exact(`${path}.pool`, 'Its real servers.');
  report.exact(`${path}.drain`, 'Carried out by whoever drains.');
  report.exact(`${path}.timeouts`, 'Not for udp, but for udpSession.');
  if (frontend.timeouts.udpSession === longestSession(config.frontends) * 1000)
    report.exact(`${path}.timeouts.udpSession`, 'lvs_timeouts.');
  else
    report.approximated(
      `${path}.timeouts.udpSession`,
      'lvs_timeouts: the longest of all udp frontends, in whole seconds.',
    );
  report.approximated(`${path}.maxConnections`, 'The kernel bounds its table by its memory alone.');
  if (frontend.routes.length > 0) report.refused(`${path}.routes`, 'LVS knows no routes.');
  else report.exact(`${path}.routes`, 'None.');
  if (frontend.access !== undefined)
    report.refused(`${path}.access`, 'LVS has no access lists; use a firewall, or nginx.');
  if (frontend.maxConnectionsPerSource !== undefined)
    report.refused(`${path}.maxConnectionsPerSource`, 'LVS does not count by client.');
  if (frontend.rateLimit !== undefined)
    report.refused(`${path}.rateLimit`, 'LVS has no rate limits.');
  for (const key of ['forwarded', 'upgrades', 'methods', 'limits'] as const)
    report.exact(`${path}.${key}`, 'Not for udp.');
}

function tellPool(emission: KeepalivedEmission, pool: PoolConfig, path: string): void {
  const { report, lvs } = emission;
  tellMembers(emission, pool, path);
  if (lvs !== 'nat')
    report.note(
      'DR and TUN: members hold the virtual address themselves, on lo, and do not answer ARP for it (arp_ignore=1, arp_announce=2); they answer clients straight.',
    );
  report.note(
    'net.ipv4.vs.expire_nodest_conn=1 lets clients of a member that is gone move at once.',
  );
  report.exact(`${path}.name`, 'Known by its address.');
  if (pool.members.length === 0) report.exact(`${path}.members`, 'None.');
  for (const key of ['http', 'retries', 'queue', 'timeouts', 'sendProxyProtocol'] as const)
    report.exact(`${path}.${key}`, 'Not for udp.');
  report.exact(`${path}.drain`, 'Carried out by whoever drains.');
  if (pool.defaultPort !== undefined) report.exact(`${path}.defaultPort`, 'Part of the addresses.');
  if (pool.outlier !== undefined)
    report.refused(`${path}.outlier`, 'The kernel does not watch datagrams; use health.');
  if (pool.discovery !== undefined)
    report.refused(`${path}.discovery`, 'Members are found while evenkeel runs; list them.');
  if (pool.sticky !== undefined) report.refused(`${path}.sticky`, 'Take source-hash.');
  if (pool.panicThreshold > 0)
    report.refused(`${path}.panicThreshold`, 'LVS never uses members that are down.');
  else report.exact(`${path}.panicThreshold`, 'Off.');
  if (pool.slowStart > 0) report.refused(`${path}.slowStart`, 'LVS has none.');
  else report.exact(`${path}.slowStart`, 'Off.');
  if (pool.onMemberDown === 'next')
    report.exact(`${path}.onMemberDown`, 'They are served elsewhere.');
  else report.refused(`${path}.onMemberDown`, 'LVS serves them elsewhere; take next.');
  report.exact(`${path}.sessionsOnDown`, 'Sessions end with their member.');
}
