// Tells HTTP/2 with prior knowledge from HTTP/1 by the first bytes of a connection in the clear.
import { type DeadlineOwner, WheelTimer } from '../../core/timer-wheel.js';
import { headReadBuffer } from '../../upstream/read-buffers.js';
import { PREFACE } from '../../wire/http2/frame.js';
import type {
  ClientConnection,
  FrontendContext,
  HandlerSwitch,
  ServedConnection,
} from '../handler.js';
import { HttpSession } from '../http/session.js';
import type { SessionHandler } from '../http/session-handler.js';
import { Http2Connection } from './http2-connection.js';

/** How long the first bytes of a new connection are waited for once the frontend drains, ms. */
const DRAIN_MS = 2000;

/** Waits for enough bytes to tell, then hands the connection over with them. */
export class PrefaceReader implements ServedConnection, DeadlineOwner {
  readonly #client: ClientConnection;
  readonly #context: FrontendContext;
  readonly #handlers: HandlerSwitch<SessionHandler>;
  readonly #timer: WheelTimer;
  #served: ServedConnection | undefined = undefined;
  #early: Buffer | undefined = undefined;
  #isDraining = false;
  readonly #onEnd = (): void => {
    this.#serveHttp1().close();
  };
  readonly #onClose = (): void => {
    this.#timer.dispose();
  };

  constructor(
    client: ClientConnection,
    context: FrontendContext,
    handlers: HandlerSwitch<SessionHandler>,
  ) {
    this.#client = client;
    this.#context = context;
    this.#handlers = handlers;
    this.#timer = new WheelTimer(context.wheel, this);
    this.#timer.arm(handlers.current.settings.timeouts.requestHead);
    client.socket.on('end', this.#onEnd).on('close', this.#onClose);
  }

  nextBuffer(): Buffer {
    return headReadBuffer;
  }

  onRead(buffer: Buffer, length: number): void {
    const early = this.#early;
    const bytes = early === undefined ? buffer : Buffer.concat([early, buffer.subarray(0, length)]);
    const total = early === undefined ? length : bytes.length;
    if (!isPrefix(bytes, total)) {
      this.#serveHttp1().onRead(bytes, total);
    } else if (total < PREFACE.length) {
      this.#early = Buffer.from(bytes.subarray(0, total));
    } else {
      this.#hand(new Http2Connection(this.#client, this.#context, this.#handlers)).onRead(
        bytes,
        total,
      );
    }
  }

  drain(): void {
    this.#isDraining = true;
    if (this.#served === undefined) this.#timer.arm(DRAIN_MS);
    else this.#served.drain();
  }

  /** Not even so few bytes came in time. */
  onDeadline(): void {
    const session = this.#serveHttp1();
    if (this.#early !== undefined) session.onRead(this.#early, this.#early.length);
    session.onHeadLate();
  }

  #serveHttp1(): HttpSession {
    const session = new HttpSession(this.#client, this.#context, this.#handlers);
    this.#hand(session);
    return session;
  }

  #hand(served: ServedConnection): ServedConnection {
    this.#client.socket.off('end', this.#onEnd).off('close', this.#onClose);
    this.#timer.dispose();
    this.#served = served;
    this.#client.slot.reader = served;
    if (this.#isDraining) served.drain();
    return served;
  }
}

/** Whether `bytes[0..length)` begins the preface, or begins with it. */
function isPrefix(bytes: Buffer, length: number): boolean {
  const compared = Math.min(length, PREFACE.length);
  return PREFACE.compare(bytes, 0, compared, 0, compared) === 0;
}
