// Is a TLS server there? A handshake that completes.
import { connect } from 'node:tls';
import type { MonitorConfig, PoolTlsConfig } from '../../spec/config.js';
import type { Probe, ProbeResult, ProbeTarget } from '../probe.js';
import { success, whenAborted } from './conversation.js';
import { ProbeTls } from './probe-tls.js';

/** Shakes hands and closes. */
export class TlsProbe implements Probe {
  readonly #tls: ProbeTls;

  constructor(config: Pick<MonitorConfig, 'sni' | 'verify'>, tls?: PoolTlsConfig) {
    this.#tls = new ProbeTls(config, tls);
  }

  check(target: ProbeTarget, signal: AbortSignal): Promise<ProbeResult> {
    return new Promise((resolve, reject) => {
      const socket = connect({
        host: target.host,
        port: target.port,
        ...this.#tls.optionsFor(target.host),
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
