// A connected UDP socket to one member: the kernel lets in nobody else's datagrams, and reports refusals.
import type dgram from 'node:dgram';
import { createUdpSocket, resolveHost } from './open-socket.js';

/** Datagrams kept while a member's name is looked up. */
const MAX_WAITING = 16;

/** Who a link works for. */
export interface LinkOwner {
  onReply(message: Buffer): void;
  /** The member refused, is unreachable, or this machine is out of sockets. Said once. */
  onLinkFault(link: MemberLink, error: Error): void;
}

/** States: idle -> connecting -> connected -> closed. */
export class MemberLink {
  readonly #host: string;
  readonly #port: number;
  readonly #owner: LinkOwner;
  #socket: dgram.Socket | undefined = undefined;
  #waiting: Buffer[] | undefined = [];
  /** Whether the member has answered since the last datagram went out. */
  #isAnswered = false;
  #isClosed = false;

  constructor(host: string, port: number, owner: LinkOwner) {
    this.#host = host;
    this.#port = port;
    this.#owner = owner;
  }

  /** Connects. Without a free descriptor or port the owner hears of it before this returns. */
  open(): void {
    resolveHost(this.#host, (error, address) => {
      if (error !== null) this.#onError(error);
      else if (!this.#isClosed) this.#connect(address, this.#port);
    });
  }

  /** Sends, or keeps for the moment of connection; what does not fit there is lost, as on a wire. */
  send(message: Buffer): void {
    if (this.#waiting !== undefined) {
      if (this.#waiting.length < MAX_WAITING) this.#waiting.push(message);
      return;
    }
    if (this.#isClosed) return;
    // A callback costs a tick of its own. While datagrams are answered there is no refusal to be told of.
    if (this.#isAnswered) this.#socket?.send(message);
    else this.#socket?.send(message, this.#onSent);
    this.#isAnswered = false;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#waiting = undefined;
    this.#socket?.close();
  }

  #connect(address: string, port: number): void {
    const socket = createUdpSocket(address);
    this.#socket = socket;
    socket.on('error', this.#onError);
    socket.on('message', (message) => {
      this.#isAnswered = true;
      this.#owner.onReply(message);
    });
    socket.once('connect', () => {
      const waiting = this.#waiting ?? [];
      this.#waiting = undefined;
      for (const message of waiting) this.send(message);
    });
    socket.connect(port, address);
  }

  /** A refusal shows at the next receive or at the next send, whichever comes first. */
  #onSent = (error: Error | null): void => {
    if (error !== null) this.#onError(error);
  };

  #onError = (error: Error): void => {
    if (this.#isClosed) return;
    // Too long for the path: the datagram's fault, not the member's.
    if ((error as NodeJS.ErrnoException).code === 'EMSGSIZE') return;
    this.#owner.onLinkFault(this, error);
  };
}
