// The secure contexts of a frontend: one per group of certificates, shared by all connections.
import { constants, createHash } from 'node:crypto';
import { Socket } from 'node:net';
import { createSecureContext, type SecureContext, TLSSocket } from 'node:tls';
import type { TlsConfig } from '../spec/config.js';
import type { Certificate } from './certificate.js';
import { CertificateChoice, type CertificateGroup } from './certificate-choice.js';
import { CIPHERS, keyGroups } from './ciphers.js';
import { SESSION_SECONDS, type TicketKeys } from './ticket-keys.js';
import { sealTickets } from './ticket-sealing.js';

/**
 * The order of the suites is ours, but who prefers ChaCha20 has no AES in hardware and gets it. Left to themselves most clients ask
 * for AES-256 with SHA-384, which makes handshakes and bytes dearer than AES-128 with SHA-256.
 */
const OPTIONS: number =
  constants.SSL_OP_NO_RENEGOTIATION |
  constants.SSL_OP_CIPHER_SERVER_PREFERENCE |
  constants.SSL_OP_PRIORITIZE_CHACHA;

/** What the contexts of one frontend have in common. */
export interface ContextTerms {
  readonly config: TlsConfig;
  /** PEM of the authorities of client certificates. */
  readonly authorities: readonly string[];
  readonly tickets: TicketKeys;
}

/** The contexts for one list of certificates. */
export class ServerContexts {
  readonly default: SecureContext;
  /** Whether the default is the only one, so that nobody need look at the server name. */
  readonly isSingle: boolean;
  readonly #choice: CertificateChoice;
  readonly #byGroup: Map<CertificateGroup, SecureContext> = new Map();

  /** @param certificates - at least one, each of them {@link isUsable} */
  constructor(certificates: readonly Certificate[], terms: ContextTerms) {
    this.#choice = new CertificateChoice(certificates);
    for (const group of this.#choice.groups) this.#byGroup.set(group, createContext(group, terms));
    this.default = this.#byGroup.get(this.#choice.default)!;
    this.isSingle = this.#byGroup.size === 1;
  }

  /** The context for a server name; undefined = the default. @param serverName - lower case */
  find(serverName: string): SecureContext | undefined {
    const group = this.#choice.find(serverName);
    return group && this.#byGroup.get(group);
  }
}

function createContext(group: CertificateGroup, terms: ContextTerms): SecureContext {
  const { config, authorities, tickets } = terms;
  const context = createSecureContext({
    cert: group.map((certificate) => certificate.chainPem),
    key: group.map((certificate) => certificate.keyPem),
    // An empty list, and not none: that would load the runtime's authorities, which no client is judged by.
    ca: [...authorities],
    ciphers: CIPHERS,
    ecdhCurve: keyGroups(),
    minVersion: `TLSv${config.minVersion}`,
    secureOptions: OPTIONS,
    sessionIdContext: sessionScope(terms),
    sessionTimeout: SESSION_SECONDS,
  });
  sealTickets(context, tickets);
  if (config.alpn !== undefined) answerAlpn(context, config.alpn);
  return context;
}

/**
 * Once a name has chosen a context, OpenSSL asks that one about ALPN. Node has only those answer that a socket was begun with:
 * so each begins one.
 */
function answerAlpn(secureContext: SecureContext, protocols: readonly string[]): void {
  const options = { isServer: true, secureContext, ALPNProtocols: [...protocols] };
  new TLSSocket(new Socket(), options).destroy();
}

/** A session is resumed only where clients must show the same certificates as where it began. */
function sessionScope({ config, authorities }: ContextTerms): string {
  return createHash('sha256')
    .update(`${config.clientAuth.mode}\n${authorities.join('')}`)
    .digest('hex')
    .slice(0, 32);
}
