// One TCP client before it is joined to a member: looks at its ClientHello if a route asks for it, and finds the member.
import { type DeadlineOwner, WheelTimer } from '../../core/timer-wheel.js';
import type { Pool } from '../../pool/pool.js';
import type { FrontendTimeouts } from '../../spec/config.js';
import { ClientHelloReader } from '../../wire/client-hello.js';
import type { ClientConnection, FrontendContext, ServedConnection } from '../handler.js';
import { resetSocket } from '../reset-socket.js';
import type { SourceRoutes } from '../source-routes.js';
import { type ConnectionSink, ConnectionTrace } from './connection-trace.js';
import { type Connected, Dialler, type DiallerOwner } from './dialler.js';
import { proxyHeader } from './proxy-header.js';
import { type Opening, Relay } from './relay.js';

/** What all connections of one handler share. */
export interface TcpSettings {
  readonly routes: SourceRoutes;
  readonly timeouts: FrontendTimeouts;
  readonly context: FrontendContext;
  /** Hears of every connection; undefined = nobody does. */
  readonly log: ConnectionSink | undefined;
  /** Where the present settings are. */
  readonly handlers: { readonly current: { readonly settings: TcpSettings } };
}

/**
 * States: (peeking ->) dialling -> relayed | reset.
 * Without a route by server name nothing of the client is read before the member is connected,
 * so protocols in which the server speaks first work, and so does back-pressure.
 */
export class TcpConnection implements ServedConnection, DeadlineOwner, DiallerOwner {
  readonly readsLater: boolean;
  readonly #client: ClientConnection;
  #settings: TcpSettings;
  #hello: ClientHelloReader | undefined = undefined;
  #timer: WheelTimer | undefined = undefined;
  #pool: Pool | undefined = undefined;
  #dialler: Dialler | undefined = undefined;
  /** Bytes read before there was a member. */
  #early: Buffer[] = [];
  #isRelayed = false;
  readonly #trace: ConnectionTrace | undefined;

  constructor(client: ClientConnection, settings: TcpSettings) {
    this.#client = client;
    this.#settings = settings;
    const { context, log } = settings;
    this.#trace = log === undefined ? undefined : new ConnectionTrace(context, client, log);
    const { socket } = client;
    // Where TLS ends here, the name is known already.
    const { tls } = client;
    const serverName = tls === undefined ? undefined : tls.serverName || null;
    const answer = settings.routes.find(client.source, serverName);
    this.readsLater = answer !== 'needs-server-name';
    socket.on('close', () => this.#onClosed());
    if (answer === 'needs-server-name') this.#peek();
    else this.#dial(answer);
  }

  onRead(buffer: Buffer, length: number): void {
    this.#early.push(Buffer.from(buffer.subarray(0, length)));
    const hello = this.#hello;
    if (hello === undefined) return;
    const state = hello.push(buffer, length);
    if (state === 'incomplete') return;
    this.#endPeek();
    if (state === 'too-long') {
      this.onNoMember('the ClientHello is too long');
      return;
    }
    this.#client.socket.pause();
    // A reload may have come between: the pool of its time may be gone.
    this.#settings = this.#settings.handlers.current.settings;
    const answer = this.#settings.routes.find(this.#client.source, hello.serverName ?? null);
    this.#dial(answer === 'needs-server-name' ? undefined : answer);
  }

  nextBuffer(): Buffer | undefined {
    return undefined;
  }

  /** A TCP connection says nothing of being idle: it goes on to the deadline. */
  drain(): void {}

  /** @internal No ClientHello in time. */
  onDeadline(): void {
    this.onNoMember('no ClientHello in time');
  }

  onConnected(connected: Connected): void {
    this.#isRelayed = true;
    const { timeouts, context } = this.#settings;
    const server = this.#pool?.config.timeouts.server ?? timeouts.client;
    const { client, tunnel } = timeouts;
    const opening = this.#opening();
    this.#early = [];
    this.#trace?.onConnected();
    void new Relay(
      this.#client,
      connected,
      opening,
      { client, server, tunnel },
      context,
      this.#trace,
    );
  }

  onNoMember(reason: string): void {
    this.#trace?.finish('member-fault', reason);
    this.#settings.context.counters.failed++;
    resetSocket(this.#client.socket);
  }

  #peek(): void {
    this.#hello = new ClientHelloReader();
    this.#timer = new WheelTimer(this.#settings.context.wheel, this);
    this.#timer.arm(this.#settings.timeouts.clientHello);
    this.#client.socket.on('end', () => {
      if (this.#hello !== undefined) this.onNoMember('ended before its ClientHello');
    });
  }

  #endPeek(): void {
    this.#hello = undefined;
    this.#timer?.dispose();
  }

  #dial(pool: Pool | undefined): void {
    const trace = this.#trace;
    if (trace !== undefined) trace.phase = 'queue';
    if (pool === undefined) {
      this.onNoMember('no route');
      return;
    }
    this.#pool = pool;
    if (trace !== undefined) trace.pool = pool.name;
    this.#dialler = new Dialler(pool, this.#client, this.#settings.context, this, trace);
    this.#dialler.start();
  }

  /** The PROXY header for the member (with TLS it has it already) and the client's early bytes, in one write. */
  #opening(): Opening {
    const config = this.#pool?.config;
    const hasHeader = config !== undefined && config.tls === undefined;
    const header = hasHeader ? proxyHeader(config, this.#client) : undefined;
    const early = this.#early;
    const parts = header === undefined ? early : [header, ...early];
    return {
      bytes: parts.length === 0 ? undefined : Buffer.concat(parts),
      clientBytes: early.reduce((sum, { length }) => sum + length, 0),
    };
  }

  #onClosed(): void {
    this.#endPeek();
    if (this.#isRelayed) return;
    this.#dialler?.cancel();
    this.#trace?.finish('client-abort');
  }
}
