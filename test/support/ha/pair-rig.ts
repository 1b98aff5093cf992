// Nodes of a pair on loopback: ports that are free for UDP and TCP, and nodes that are closed with the test.
import dgram from 'node:dgram';
import { once } from 'node:events';
import net from 'node:net';
import { onTestFinished, vi } from 'vitest';
import {
  type BalancerEvents,
  EVENT_NAMES,
  HaPair,
  type HaPairDependencies,
  type HaSpec,
} from '../../../src/index.js';

export const SECRET = 'a secret of two nodes';

/** Ports that nobody has, for UDP and TCP alike. */
export async function freePorts(count: number, host = '127.0.0.1'): Promise<readonly number[]> {
  const ports: number[] = [];
  const open: (() => void)[] = [];
  while (ports.length < count) {
    const server = net.createServer().listen(0, host);
    await once(server, 'listening');
    const { port } = server.address() as net.AddressInfo;
    open.push(() => server.close());
    const socket = dgram.createSocket(host.includes(':') ? 'udp6' : 'udp4');
    open.push(() => socket.close());
    const isBound = await new Promise<boolean>((resolve) => {
      socket.once('error', () => resolve(false));
      socket.bind(port, host, () => resolve(true));
    });
    if (isBound) ports.push(port);
  }
  for (const close of open) close();
  return ports;
}

/** The specs of so many nodes that are each other's peers; the first has the highest priority. */
export async function specs(
  count: number,
  common: Partial<HaSpec> = {},
  host = '127.0.0.1',
): Promise<readonly HaSpec[]> {
  const addresses = (await freePorts(count, host)).map((port) =>
    host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`,
  );
  return addresses.map((bind, index) => ({
    id: 51,
    priority: 200 - 50 * index,
    bind,
    peers: addresses.filter((address) => address !== bind),
    address: { memory: true },
    advertInterval: 100,
    ...common,
  }));
}

/** A node that is closed with the test. */
export function node(spec: HaSpec, dependencies: HaPairDependencies = {}): HaPair {
  const pair = new HaPair(spec, { secret: SECRET, ...dependencies });
  onTestFinished(() => pair.close());
  return pair;
}

/** Resolves when it is active. */
export async function untilActive(pair: HaPair): Promise<void> {
  if (!pair.isActive) await pair.events.once('ha:active');
}

/** What a node tells, by name, from now on. */
export function told(pair: HaPair): string[] {
  const names: string[] = [];
  for (const name of EVENT_NAMES)
    pair.events.on(name, ({ reason }: BalancerEvents[typeof name]) => {
      names.push(`${name}: ${reason}`);
    });
  return names;
}

/** Waits until `check` does not throw any more. */
export function until(check: () => void): Promise<void> {
  return vi.waitFor(check, { timeout: 15_000 });
}
