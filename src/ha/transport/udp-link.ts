// The datagrams of a pair: one socket, and the addresses of the peers.
import dgram from 'node:dgram';
import dns from 'node:dns';
import { isIP, isIPv6 } from 'node:net';
import {
  type HostPort,
  parseHostPort,
  renderHostPort,
  unmapAddress,
  writeAddressBytes,
} from '../../core/address.js';
import { EvenkeelError } from '../../core/errors.js';

/** Who is told of datagrams. */
export interface UdpListener {
  /** @param peer - undefined = no peer has the address it came from */
  onDatagram(peer: string | undefined, bytes: Buffer): void;
}

interface Peer extends HostPort {
  /** Undefined: its name was not resolved yet. */
  ip: string | undefined;
}

/** One UDP socket, bound to the node's own address; peers are known by address and port. */
export class UdpLink {
  readonly #bind: HostPort;
  readonly #peers: Map<string, Peer> = new Map();
  readonly #byAddress: Map<string, string> = new Map();
  readonly #listener: UdpListener;
  #socket: dgram.Socket | undefined;
  #isSix = false;

  constructor(bind: string, peers: readonly string[], listener: UdpListener) {
    this.#bind = parseHostPort(bind) ?? { host: '', port: 0 };
    this.#listener = listener;
    for (const peer of peers) {
      const address = parseHostPort(peer);
      if (address !== undefined) this.#peers.set(peer, { ...address, ip: undefined });
    }
  }

  /** Binds. @returns the real address @throws EvenkeelError `EK_BIND` */
  async open(): Promise<HostPort> {
    const peers = [...this.#peers.values()];
    this.#isSix =
      isIPv6(this.#bind.host) || (this.#bind.host === '' && peers.some(({ host }) => isIPv6(host)));
    const address = this.#bind.host === '' ? (this.#isSix ? '::' : '0.0.0.0') : this.#bind.host;
    const socket = dgram.createSocket({
      type: this.#isSix ? 'udp6' : 'udp4',
      // Destinations are addresses already: Node would look them up, a turn later.
      lookup: (host, _options, callback) => callback(null, host, 0),
    });
    try {
      await new Promise<void>((resolve, reject) => {
        socket.once('error', reject);
        socket.bind({ address, port: this.#bind.port, exclusive: true }, resolve);
      });
    } catch (error) {
      socket.close();
      const where = renderHostPort({ host: address, port: this.#bind.port });
      throw new EvenkeelError('EK_BIND', `ha: can't listen on udp ${where}: ${String(error)}`, {
        cause: error,
      });
    }
    socket.removeAllListeners('error');
    // Unreachable peers and cut cables are what the adverts are for.
    socket.on('error', () => {});
    socket.on('message', (bytes, from) => {
      this.#listener.onDatagram(this.#byAddress.get(keyOf(from.address, from.port)), bytes);
    });
    this.#socket = socket;
    for (const [name, peer] of this.#peers) this.#resolve(name, peer);
    return { host: this.#bind.host, port: socket.address().port };
  }

  /** Sends, or not: a datagram may be lost anyway. */
  send(peer: string, bytes: Buffer): void {
    const known = this.#peers.get(peer);
    if (known === undefined || this.#socket === undefined) return;
    if (known.ip === undefined) {
      this.#resolve(peer, known);
      return;
    }
    const ip = this.#isSix && isIP(known.ip) === 4 ? `::ffff:${known.ip}` : known.ip;
    this.#socket.send(bytes, known.port, ip, () => {});
  }

  close(): void {
    this.#socket?.close();
    this.#socket = undefined;
  }

  #resolve(name: string, peer: Peer): void {
    const found = (ip: string): void => {
      peer.ip = ip;
      this.#byAddress.set(keyOf(ip, peer.port), name);
    };
    if (isIP(peer.host) !== 0) found(peer.host);
    else dns.lookup(peer.host, (error, ip) => error === null && found(unmapAddress(ip)));
  }
}

/** An address and a port, however they are written. */
function keyOf(ip: string, port: number): string {
  const bytes = new Uint8Array(16);
  const length = writeAddressBytes(ip, bytes);
  return `${bytes.subarray(0, length).join('.')}:${port}`;
}
