// Is a TLS server there? A handshake that completes.
import { isIP } from 'node:net';
import { connect, type SecureContext } from 'node:tls';
import type { MonitorConfig, PoolTlsConfig } from '../../spec/config.js';
import { clientTermsOf } from '../../tls/client-tls.js';
import type { Probe, ProbeResult, ProbeTarget } from '../probe.js';
import { success, whenAborted } from './conversation.js';

/** Shakes hands and closes. The certificate is not verified: a check asks whether the server works, not who it is. */
export class TlsProbe implements Probe {
  readonly #sni: string | undefined;
  readonly #tls: PoolTlsConfig | undefined;

  constructor(config: Pick<MonitorConfig, 'sni'>, tls?: PoolTlsConfig) {
    this.#sni = config.sni;
    this.#tls = tls;
  }

  check(target: ProbeTarget, signal: AbortSignal): Promise<ProbeResult> {
    return new Promise((resolve, reject) => {
      const socket = connect({
        host: target.host,
        port: target.port,
        servername: serverName(this.#sni, target.host),
        rejectUnauthorized: false,
        ...contextOf(this.#tls),
      });
      const letGo = whenAborted(socket, signal, reject);
      socket.on('secureConnect', () => {
        letGo();
        resolve(success(socket.getProtocol() ?? 'connected'));
        // The end of the handshake has to leave first, else the server takes it for broken off.
        socket.resume().end(() => socket.destroy());
      });
      socket.on('error', (error) => {
        letGo();
        reject(error);
      });
    });
  }
}

/** The name to ask for (RFC 6066 3): as configured, else the host if it is a name; '' sends none. */
export function serverName(sni: string | undefined, host: string): string {
  return sni ?? (isIP(host) === 0 ? host : '');
}

/** What a handshake in the name of a pool shows; looked up for every check, since its files may have been read again. */
export function contextOf(tls: PoolTlsConfig | undefined): { secureContext?: SecureContext } {
  if (tls?.clientCert === undefined) return {};
  const terms = clientTermsOf(tls);
  return terms instanceof Error ? {} : { secureContext: terms.context };
}
