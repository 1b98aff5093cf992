// Which hosts may be asked for on one TLS connection of HTTP/2: clients send requests for other hosts on it when its certificate covers them.
import { isIP } from 'node:net';
import type { RouteHosts } from '../../route/route-hosts.js';
import type { SecureSocket } from '../../upstream/secure-socket.js';

/** Answers for one connection. */
export class ConnectionNames {
  readonly #socket: SecureSocket;
  /** The host that the connection was made for: whatever its certificate says, the client has taken it. */
  #own: string;
  #last = '';

  /** @param serverName - what the client asked for in its hello; '' = nothing: its first request tells */
  constructor(socket: SecureSocket, serverName: string) {
    this.#socket = socket;
    this.#own = withoutRoot(serverName);
  }

  /** Whether `authority` (`a.test:8443`) may be asked for. @param known - hosts that are whoever's certificate was shown */
  allow(authority: string, known: RouteHosts): boolean {
    if (authority === this.#last) return true;
    const host = hostOf(authority);
    if (this.#own === '') this.#own = host;
    if (host !== this.#own && !this.#isInCertificate(host) && !known.has(host)) return false;
    this.#last = authority;
    return true;
  }

  #isInCertificate(host: string): boolean {
    const certificate = this.#socket.getX509Certificate();
    if (certificate === undefined) return false;
    const address = host.startsWith('[') ? host.slice(1, -1) : host;
    const found =
      isIP(address) === 0
        ? certificate.checkHost(host, { subject: 'never' })
        : certificate.checkIP(address);
    return found !== undefined;
  }
}

/** `A.test.:80` -> `a.test`, `[::1]:80` -> `[::1]`. */
function hostOf(authority: string): string {
  const colon = authority.indexOf(':', authority.lastIndexOf(']') + 1);
  return withoutRoot((colon < 0 ? authority : authority.slice(0, colon)).toLowerCase());
}

/** The dot of the root is nothing: clients leave it out of their hello, and certificates have none. */
function withoutRoot(host: string): string {
  return host.endsWith('.') ? host.slice(0, -1) : host;
}
