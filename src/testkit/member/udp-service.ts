// A scripted UDP server: sends back every datagram.
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { MemberService, ServiceHost } from './member-service.js';

/** Answers datagrams by steps. */
export class UdpService implements MemberService {
  readonly #host: ServiceHost;
  #socket: Socket | undefined;

  constructor(host: ServiceHost) {
    this.#host = host;
  }

  async open(port: number): Promise<number> {
    const socket = createSocket('udp4');
    this.#socket = socket;
    socket.on('message', (bytes, from) => this.#onDatagram(socket, bytes, from));
    socket.bind(port, '127.0.0.1');
    await once(socket, 'listening');
    return socket.address().port;
  }

  async shut(): Promise<void> {
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket === undefined) return;
    const isClosed = once(socket, 'close');
    socket.close();
    await isClosed;
  }

  reset(): void {
    // A datagram has no connection.
  }

  #onDatagram(socket: Socket, bytes: Buffer, from: RemoteInfo): void {
    this.#host.onRequest();
    const step = this.#host.use();
    if (step === undefined || step.action !== 'answer') return;
    const answer = step.body === undefined ? bytes : Buffer.from(step.body);
    const send = (): void => {
      if (socket === this.#socket) socket.send(answer, from.port, from.address, () => undefined);
    };
    if (step.delayMs > 0) this.#host.environment.clock.schedule(step.delayMs, send);
    else send();
  }
}
