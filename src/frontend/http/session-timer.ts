// The one timer of a client connection: what it runs for in each state, and what happens when the time is up.
import { type DeadlineOwner, type TimerWheel, WheelTimer } from '../../core/timer-wheel.js';
import type { Outlet } from '../../upstream/outlet.js';
import type { ClientConnection } from '../handler.js';
import type { AnswerStatus } from './answers.js';
import type { Exchange } from './exchange.js';
import type { HttpSettings } from './http-settings.js';
import type { SessionState } from './session-state.js';

/** How long a closing connection may go on sending before it is cut. */
const LINGER_MS = 2000;
/** How often it is looked whether a client that is not read is still there. */
const LOOK_MS = 1000;

/** The session, as its timer sees it. */
export interface TimedSession {
  readonly state: SessionState;
  readonly settings: HttpSettings;
  readonly client: ClientConnection;
  readonly outlet: Outlet;
  readonly exchange: Exchange;
  /** The client has sent its end: it is not read any more. */
  readonly hasClientEnded: boolean;
  /** The head did not come in time. */
  onHeadLate(): void;
  /** The exchange did not get done in time. */
  failExchange(status: AnswerStatus): void;
  /** Nothing moved in the tunnel. */
  onTunnelIdle(): void;
  /** Says no more. */
  close(): void;
}

/** Runs for one thing at a time; `total` bounds whatever it is. */
export class SessionTimer implements DeadlineOwner {
  readonly #session: TimedSession;
  readonly #wheel: TimerWheel;
  readonly #timer: WheelTimer;
  /** The time for the present head runs. */
  #isHeadTimed = false;
  /** It runs for the next look at a client that is not read. */
  #isLooking = false;
  /** Monotonic ms at which the head of the present request was whole. */
  #startMs = 0;
  /** Monotonic ms at which the present request must be done. */
  #totalDeadlineMs: number = Number.POSITIVE_INFINITY;

  constructor(session: TimedSession, wheel: TimerWheel) {
    this.#session = session;
    this.#wheel = wheel;
    this.#timer = new WheelTimer(wheel, this);
  }

  /** The head has begun; its further bytes change nothing. */
  startHead(): void {
    if (this.#isHeadTimed) return;
    this.#isHeadTimed = true;
    this.#timer.arm(this.#session.settings.timeouts.requestHead);
  }

  /** The head is whole. */
  startRequest(): void {
    this.#isHeadTimed = false;
    this.#startMs = this.#wheel.nowMs;
    this.#totalDeadlineMs = this.#startMs + this.#session.settings.totalMs;
  }

  /** The request has another time than the frontend gives, from its head on. */
  limitTotal(totalMs: number): void {
    this.#totalDeadlineMs = this.#startMs + totalMs;
  }

  /** The request is answered, or has become something else. */
  endRequest(): void {
    this.#totalDeadlineMs = Number.POSITIVE_INFINITY;
  }

  /** It is the client's turn to send, or to take. */
  awaitClient(): void {
    this.#arm(this.#session.settings.timeouts.client);
  }

  /** The next request may come. */
  awaitRequest(): void {
    const { timeouts } = this.#session.settings;
    this.#timer.arm(this.#session.outlet.isBlocked ? timeouts.client : timeouts.keepAlive);
  }

  /** While a request is in flight, time runs for the client only while it is its turn. */
  awaitExchange(): void {
    const { state, outlet, exchange, hasClientEnded, client } = this.#session;
    if (exchange.phase === 'paused') return; // it runs for the next try
    if (outlet.isBlocked) this.awaitClient();
    else if (hasClientEnded || client.socket.isPaused()) {
      this.#arm(LOOK_MS);
      this.#isLooking = true;
    } else if (state === 'body') this.awaitClient();
    else if (this.#totalDeadlineMs !== Number.POSITIVE_INFINITY) {
      this.#arm(Number.POSITIVE_INFINITY);
    } else this.#timer.disarm();
  }

  /** The pause between two tries. */
  awaitWake(delayMs: number): void {
    this.#arm(delayMs);
  }

  /** Something moved in the tunnel. */
  awaitTunnel(): void {
    this.#timer.arm(this.#session.settings.timeouts.tunnel);
  }

  /** The connection is to end by itself. */
  awaitEnd(): void {
    this.#timer.arm(
      this.#session.outlet.isBlocked ? this.#session.settings.timeouts.client : LINGER_MS,
    );
  }

  dispose(): void {
    this.#timer.dispose();
  }

  #arm(delayMs: number): void {
    this.#isLooking = false;
    const leftMs = this.#totalDeadlineMs - this.#wheel.nowMs;
    this.#timer.arm(Math.max(0, Math.min(delayMs, leftMs)));
  }

  onDeadline(): void {
    const session = this.#session;
    switch (session.state) {
      case 'head':
        if (session.outlet.isBlocked) this.#onClientStuck();
        else if (this.#isHeadTimed) session.onHeadLate();
        else session.close();
        break;
      case 'judging':
      case 'body':
      case 'answer':
        if (this.#totalDeadlineMs <= this.#wheel.nowMs) session.failExchange(504);
        else this.#onExchangeDeadline();
        break;
      case 'discard':
        session.close();
        break;
      case 'tunnel':
        session.onTunnelIdle();
        break;
      default:
        if (session.outlet.isBlocked) this.#onClientStuck();
        else session.client.socket.destroy();
    }
  }

  #onExchangeDeadline(): void {
    const { state, outlet, exchange } = this.#session;
    if (exchange.phase === 'paused') this.#wake();
    else if (outlet.isBlocked) this.#onClientStuck();
    else if (this.#isLooking) this.#look();
    else if (state === 'body' && exchange.takesBody) this.#session.failExchange(408);
    else this.awaitExchange();
  }

  #wake(): void {
    const { exchange } = this.#session;
    exchange.onWake();
    if (exchange.phase !== 'idle') this.awaitExchange();
  }

  /** While nothing is read from a client its reset is not seen. A write of no bytes fails if there was one, and 'close' follows. */
  #look(): void {
    const { socket } = this.#session.client;
    if (socket.writableLength === 0) socket.write('', 'latin1');
    this.awaitExchange();
  }

  /** The client does not take what was written. */
  #onClientStuck(): void {
    const { outlet, client } = this.#session;
    if (outlet.hasProgressed()) this.awaitClient();
    else client.socket.destroy();
  }
}
