// The UDP side of a fault proxy: a socket to the target for every client, datagrams lost, late or held back.
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import type { HostPort } from '../../core/address.js';
import type { Environment } from '../../core/environment.js';
import type { LinkFaults, PlannedFaults } from './fault-spec.js';

/** Clients that are remembered at once; the one that came first makes room. */
const MAX_CLIENTS = 4096;
/** Datagrams under way at once; more are lost, as in a full buffer. */
const MAX_UNDER_WAY = 65_536;

/** Listens, and carries datagrams to the target and back with faults. */
export class UdpFaults {
  readonly #target: HostPort;
  readonly #environment: Environment;
  readonly #sockets: Map<string, Socket> = new Map();
  /** When each direction is free again, ms: what bandwidth means. */
  readonly #freeMs: { up: number; down: number } = { up: 0, down: 0 };
  #underWay = 0;
  #faults: PlannedFaults;
  #socket: Socket | undefined;

  constructor(target: HostPort, faults: PlannedFaults, environment: Environment) {
    this.#target = target;
    this.#faults = faults;
    this.#environment = environment;
  }

  get open(): number {
    return this.#sockets.size;
  }

  async listen({ host, port }: HostPort): Promise<number> {
    const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
    this.#socket = socket;
    socket.on('message', (bytes, from) => {
      const { address, port: clientPort } = from;
      const upstream = this.#upstreamOf(socket, address, clientPort);
      this.#pass('up', bytes.length, () => send(upstream, bytes, this.#target));
    });
    socket.bind(port, host === '' ? undefined : host);
    await once(socket, 'listening');
    return socket.address().port;
  }

  set(faults: PlannedFaults): void {
    this.#faults = faults;
  }

  /** Forgets every client. */
  cut(): void {
    for (const socket of this.#sockets.values()) socket.close();
    this.#sockets.clear();
  }

  async close(): Promise<void> {
    this.cut();
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket === undefined) return;
    const isClosed = once(socket, 'close');
    socket.close();
    await isClosed;
  }

  #upstreamOf(socket: Socket, host: string, port: number): Socket {
    const key = `${host} ${port}`;
    const known = this.#sockets.get(key);
    if (known !== undefined) return known;
    const upstream = createSocket(isIPv6(this.#target.host) ? 'udp6' : 'udp4');
    upstream.on('error', () => undefined);
    upstream.on('message', (bytes) =>
      this.#pass('down', bytes.length, () => send(socket, bytes, { host, port })),
    );
    this.#sockets.set(key, upstream);
    if (this.#sockets.size > MAX_CLIENTS) this.#forgetFirst();
    return upstream;
  }

  #forgetFirst(): void {
    for (const [key, socket] of this.#sockets) {
      this.#sockets.delete(key);
      socket.close();
      return;
    }
  }

  #pass(direction: 'up' | 'down', length: number, deliver: () => void): void {
    const faults = this.#faults[direction];
    const { clock, random } = this.#environment;
    if (faults.isBlackhole || this.#faults.reset || random.next() < faults.loss) return;
    if (this.#underWay >= MAX_UNDER_WAY) return;
    const now = clock.now();
    const freeMs = Math.max(this.#freeMs[direction], now) + (length / faults.bytesPerSecond) * 1000;
    this.#freeMs[direction] = freeMs;
    const delayMs = freeMs - now + delayOf(faults, random.next());
    if (delayMs <= 0) return deliver();
    this.#underWay++;
    clock.schedule(delayMs, () => {
      this.#underWay--;
      if (this.#socket !== undefined) deliver();
    });
  }
}

function delayOf({ latencyMs, jitterMs }: LinkFaults, chance: number): number {
  return Math.max(0, latencyMs + jitterMs * (2 * chance - 1));
}

function send(socket: Socket, bytes: Buffer, { host, port }: HostPort): void {
  try {
    socket.send(bytes, port, host, () => undefined);
  } catch {
    // Its client was forgotten meanwhile.
  }
}
