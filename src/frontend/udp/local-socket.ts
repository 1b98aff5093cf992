// One bound UDP address and the sessions of the clients that ask it.
import type dgram from 'node:dgram';
import { unmapAddress } from '../../core/address.js';
import type { BoundAddress } from '../../model/events.js';
import { type SessionClient, type SessionHost, UdpSession } from './udp-session.js';

/** What the frontend decides about the clients of all its sockets. */
export interface SessionGate {
  readonly host: SessionHost;
  /** Whether a new client may have a session; true counts it. */
  admit(source: string): boolean;
  /** A new client came to an address that takes none any more. */
  onRefused(): void;
  /** A session has ended; undoes `admit`. */
  onEnd(source: string): void;
}

/** Owns the socket; sessions are known by the client's address and port. */
export class LocalSocket {
  readonly bound: BoundAddress;
  readonly #socket: dgram.Socket;
  readonly #gate: SessionGate;
  readonly #sessions: Map<string, UdpSession> = new Map();
  #isStopped = false;
  #isClosed = false;
  #emptyWaiters: (() => void)[] = [];

  /** @param socket - bound, with no listeners yet */
  constructor(socket: dgram.Socket, gate: SessionGate) {
    this.#socket = socket;
    this.#gate = gate;
    const { address, port } = socket.address();
    this.bound = { address, port };
    socket.on('message', (message, from) => this.#onMessage(message, from));
    // Replies to clients that are gone come back as errors on some systems; they concern nobody here.
    socket.on('error', () => {});
  }

  /** Takes no new clients; resolves when those it has are gone. */
  stop(): Promise<void> {
    this.#isStopped = true;
    if (this.#sessions.size === 0) this.close();
    for (const session of this.#sessions.values()) session.hurry();
    if (this.#isClosed) return Promise.resolve();
    return new Promise((resolve) => {
      this.#emptyWaiters.push(resolve);
    });
  }

  /** Tells every session that the time to be silent has changed. */
  hurry(): void {
    for (const session of this.#sessions.values()) session.hurry();
  }

  /** Ends every session; returns how many there were. */
  cut(): number {
    const sessions = [...this.#sessions.values()];
    for (const session of sessions) session.end('aborted');
    return sessions.length;
  }

  /** Ends every session and frees the address. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.cut();
    this.#socket.close();
    for (const resolve of this.#emptyWaiters.splice(0)) resolve();
  }

  #onMessage(message: Buffer, from: dgram.RemoteInfo): void {
    const key = `${from.address} ${from.port}`;
    const session = this.#sessions.get(key) ?? this.#begin(key, from);
    if (session === undefined) return;
    session.forward(message);
    // Without a member there is no conversation to remember, and no place to take up.
    if (!session.isWorthKeeping) session.end();
  }

  #begin(key: string, from: dgram.RemoteInfo): UdpSession | undefined {
    const source = unmapAddress(from.address);
    if (this.#isStopped) this.#gate.onRefused();
    if (this.#isStopped || !this.#gate.admit(source)) return undefined;
    const client: SessionClient = {
      source,
      reply: (message) => {
        if (!this.#isClosed) this.#socket.send(message, from.port, from.address);
      },
      onSessionEnd: () => {
        this.#sessions.delete(key);
        this.#gate.onEnd(source);
        if (this.#isStopped && this.#sessions.size === 0) this.close();
      },
    };
    const session = new UdpSession(client, this.#gate.host);
    this.#sessions.set(key, session);
    return session;
  }
}
