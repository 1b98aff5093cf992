// Is anybody there? A TCP connection that is accepted.
import { connect } from 'node:net';
import type { Probe, ProbeResult, ProbeTarget } from '../probe.js';
import { success, whenAborted } from './conversation.js';

/** Connects, sends nothing and closes: good as soon as the connection stands. */
export class TcpProbe implements Probe {
  check(target: ProbeTarget, signal: AbortSignal): Promise<ProbeResult> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: target.host, port: target.port });
      const letGo = whenAborted(socket, signal, reject);
      socket.on('connect', () => {
        letGo();
        resolve(success('connected'));
        socket.destroy();
      });
      socket.on('error', (error) => {
        letGo();
        reject(error);
      });
    });
  }
}
