// The TLS handshake of one arrival: how long it may take, whether the client is who it must be, and what is known of it then.
import { type DeadlineOwner, type TimerWheel, WheelTimer } from '../core/timer-wheel.js';
import { renderName } from '../tls/certificate.js';
import type { ServerTerms } from '../tls/server-terms.js';
import type { SecureSocket } from '../upstream/secure-socket.js';
import { hasGoodCertificate, releaseControl } from '../upstream/tls-socket.js';
import type { TlsFacts } from './handler.js';

/** Who waits for a handshake. A failed one is not told: its socket closes. */
export interface HandshakeOwner {
  readonly wheel: TimerWheel;
  /** How long it may take, ms. */
  readonly handshakeMs: number;
}

/**
 * States: shaking hands -> done | socket destroyed.
 * Whatever goes wrong, the peer is not told more than TLS itself tells it: plain HTTP is closed without a word.
 */
export class Handshake implements DeadlineOwner {
  readonly #socket: SecureSocket;
  readonly #terms: ServerTerms;
  readonly #timer: WheelTimer;

  constructor(
    socket: SecureSocket,
    terms: ServerTerms,
    owner: HandshakeOwner,
    onDone: (facts: TlsFacts) => void,
  ) {
    this.#socket = socket;
    this.#terms = terms;
    this.#timer = new WheelTimer(owner.wheel, this);
    this.#timer.arm(owner.handshakeMs);
    socket.once('secure', () => {
      this.#timer.dispose();
      const facts = this.#judge();
      if (facts !== undefined) onDone(facts);
    });
  }

  /** @internal It has taken too long. */
  onDeadline(): void {
    this.#socket.destroy();
  }

  /** Ceases to wait. */
  dispose(): void {
    this.#timer.dispose();
  }

  #judge(): TlsFacts | undefined {
    const socket = this.#socket;
    const { clientAuth } = this.#terms;
    releaseControl(socket);
    const shown = clientAuth === 'none' ? undefined : socket.getPeerX509Certificate();
    const isGood = shown !== undefined && hasGoodCertificate(socket);
    // `request`: none will do, a bad one will not.
    if (!isGood && (clientAuth === 'require' || shown !== undefined)) {
      socket.destroy();
      return undefined;
    }
    return factsOf(socket, isGood ? renderName(shown.subject) : '');
  }
}

function factsOf(socket: SecureSocket, clientSubject: string): TlsFacts {
  const { servername, alpnProtocol } = socket;
  return {
    serverName: (servername || '').toLowerCase(),
    version: socket.getProtocol() ?? '',
    cipher: socket.getCipher()?.standardName ?? '',
    protocol: alpnProtocol || '',
    clientSubject,
  };
}
