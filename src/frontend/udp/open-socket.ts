// UDP sockets whose sends to IP addresses go straight to the kernel.
import dgram from 'node:dgram';
import dns from 'node:dns';
import { isIP, isIPv6 } from 'node:net';

/** Asked of the kernel, which cuts it to net.core.rmem_max: bursts wait there while the process is busy. */
const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024;

type LookupCallback = (
  error: NodeJS.ErrnoException | null,
  address: string,
  family: number,
) => void;

/** Node looks every destination up, asynchronously, unless told that it is an address already. Of the family it knows: the socket's. */
function lookupNothing(host: string, _options: unknown, callback: LookupCallback): void {
  callback(null, host, 0);
}

/** A socket of the family of `address`, an IP address. */
export function createUdpSocket(address: string): dgram.Socket {
  const isSix = isIPv6(address.replace(/%.*$/, ''));
  return dgram.createSocket({
    type: isSix ? 'udp6' : 'udp4',
    ipv6Only: isSix,
    recvBufferSize: RECEIVE_BUFFER_BYTES,
    lookup: lookupNothing,
  });
}

/** Binds a new socket, to the first address of a name; rejects with the system's error and leaves nothing open. */
export async function bindUdpSocket(host: string, port: number): Promise<dgram.Socket> {
  const address = await new Promise<string>((resolve, reject) => {
    resolveHost(host, (error, found) => (error === null ? resolve(found) : reject(error)));
  });
  return await new Promise((resolve, reject) => {
    const socket = createUdpSocket(address);
    socket.once('error', (error) => {
      socket.close();
      reject(error);
    });
    socket.bind({ address, port, exclusive: true }, () => {
      socket.removeAllListeners('error');
      resolve(socket);
    });
  });
}

/** The IP address of a host: at once for an address, by the resolver for a name. */
export function resolveHost(
  host: string,
  callback: (error: Error | null, address: string) => void,
): void {
  if (isIP(host) !== 0) callback(null, host);
  else dns.lookup(host, (error, address) => callback(error, address));
}
