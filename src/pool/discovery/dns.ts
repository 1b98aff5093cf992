// Members from DNS: one per address (A, AAAA), or per service record and address (SRV).
import { Resolver } from 'node:dns/promises';
import { renderHostPort } from '../../core/address.js';
import { EvenkeelError } from '../../core/errors.js';
import type { DiscoveryConfig, MemberConfig } from '../../spec/config.js';
import { expandMember } from '../../spec/member.js';
import type { Lookup } from './polling.js';

/** One service record (RFC 2782). */
export interface ServiceRecord {
  readonly name: string;
  readonly port: number;
  readonly priority: number;
  readonly weight: number;
}

/** What is asked of a resolver; the one of `node:dns` can do it. */
export interface DnsResolver {
  resolve4(name: string): Promise<string[]>;
  resolve6(name: string): Promise<string[]>;
  resolveSrv(name: string): Promise<ServiceRecord[]>;
  setServers(servers: readonly string[]): void;
  cancel(): void;
}

/** The dns form of a pool's `discovery`. */
export type DnsDiscoveryConfig = Extract<DiscoveryConfig, { readonly type: 'dns' }>;

/** The greatest weight of a member; SRV weights go up to 65,535. */
const MAX_WEIGHT = 256;
const MAX_TIMEOUT_MS = 5000;
/** "There is no such name or record", as against "I could not find out". */
const NO_RECORDS: ReadonlySet<string> = new Set(['ENOTFOUND', 'ENODATA']);

interface Target {
  readonly host: string;
  readonly port: number;
  readonly weight: number;
  readonly isBackup: boolean;
}

/**
 * A question to DNS. An empty answer is a failure: a zone that is being rewritten must not empty a pool.
 *
 * SRV (RFC 2782): the lowest priority gives the ordinary members, the others are backups; weights are scaled down to at most 256;
 * targets are resolved by the same servers.
 */
export function createDnsLookup(
  config: DnsDiscoveryConfig,
  defaultPort: number | undefined,
  createResolver: (timeoutMs: number) => DnsResolver = createNodeResolver,
): Lookup {
  // Two tries, the second twice as long, must fit into one interval.
  const timeoutMs = Math.max(1, Math.floor(Math.min(config.interval / 3, MAX_TIMEOUT_MS)));
  let made: DnsResolver | undefined;
  return async (signal) => {
    const isFirst = made === undefined;
    const resolver = (made ??= createResolver(timeoutMs));
    if (isFirst && config.servers !== undefined) resolver.setServers(config.servers);
    const cancel = (): void => resolver.cancel();
    signal.addEventListener('abort', cancel, { once: true });
    try {
      const targets =
        config.record === 'SRV'
          ? await lookUpServices(resolver, config.name)
          : await lookUpAddresses(resolver, config, defaultPort);
      return toMembers(targets, config.name);
    } finally {
      signal.removeEventListener('abort', cancel);
    }
  };
}

function createNodeResolver(timeoutMs: number): DnsResolver {
  return new Resolver({ timeout: timeoutMs, tries: 2 });
}

async function lookUpAddresses(
  resolver: DnsResolver,
  config: DnsDiscoveryConfig,
  defaultPort: number | undefined,
): Promise<readonly Target[]> {
  const port = config.port ?? defaultPort;
  if (port === undefined)
    throw new EvenkeelError('EK_DISCOVERY', `${config.record} records have no port: set one`);
  const hosts =
    config.record === 'A'
      ? await resolver.resolve4(config.name)
      : await resolver.resolve6(config.name);
  return hosts.map((host) => ({ host, port, weight: 1, isBackup: false }));
}

async function lookUpServices(resolver: DnsResolver, name: string): Promise<readonly Target[]> {
  const records = await resolver.resolveSrv(name);
  const first = Math.min(...records.map((record) => record.priority));
  const heaviest = Math.max(1, ...records.map((record) => record.weight));
  const scale = Math.min(1, MAX_WEIGHT / heaviest);
  // Several services on one host are one question.
  const asked = new Map<string, Promise<readonly string[]>>();
  for (const { name: target } of records)
    if (!asked.has(target)) asked.set(target, lookUpTarget(resolver, target));
  const found = await Promise.all(
    records.map(async (record) => {
      const hosts = (await asked.get(record.name)) ?? [];
      return hosts.map((host) => ({
        host,
        port: record.port,
        // RFC 2782: weight 0 still has a small chance; here it must not mean "no clients".
        weight: Math.max(1, Math.round(record.weight * scale)),
        isBackup: record.priority !== first,
      }));
    }),
  );
  return found.flat();
}

/** IPv4 addresses of a host, else its IPv6 addresses; none if it has neither. Other failures count for the whole answer. */
async function lookUpTarget(resolver: DnsResolver, name: string): Promise<readonly string[]> {
  const ipv4 = await orNone(resolver.resolve4(name));
  return ipv4.length > 0 ? ipv4 : await orNone(resolver.resolve6(name));
}

async function orNone(answer: Promise<string[]>): Promise<readonly string[]> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof Error && 'code' in error && NO_RECORDS.has(String(error.code))) return [];
    throw error;
  }
}

/** Sorted, since DNS servers rotate their answers and a new order would rebuild every table. */
function toMembers(targets: readonly Target[], name: string): readonly MemberConfig[] {
  const members = new Map<string, MemberConfig>();
  for (const { host, port, weight, isBackup } of targets) {
    const address = renderHostPort({ host, port });
    const known = members.get(address);
    if (known === undefined || (known.backup && !isBackup))
      members.set(address, expandMember({ address, weight, backup: isBackup }, undefined));
  }
  if (members.size === 0)
    throw new EvenkeelError('EK_DISCOVERY', `${name} has no address`, { retryable: true });
  return [...members.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, member]) => member);
}
