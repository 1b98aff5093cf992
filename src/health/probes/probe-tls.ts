// TLS of the checks of one monitor: what they believe, what they show, and by which name they ask.
import { isIP } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import type { MonitorConfig, PoolTlsConfig } from '../../spec/config.js';
import { clientTermsOf } from '../../tls/client-tls.js';

const ANY_NAME = (): undefined => undefined;

/** Goes by the TLS of the pool that the monitor stands in; without one nobody is verified: a check asks whether a server works. */
export class ProbeTls {
  readonly #sni: string | undefined;
  readonly #verifies: boolean;
  readonly #tls: PoolTlsConfig | undefined;

  constructor({ sni, verify }: Pick<MonitorConfig, 'sni' | 'verify'>, tls?: PoolTlsConfig) {
    this.#tls = tls;
    this.#sni = sni ?? (typeof tls?.sni === 'object' ? tls.sni.name : undefined);
    this.#verifies = tls !== undefined && (verify ?? tls.verify);
  }

  /** For a connection to `host`; made for every check, since files may have been read again. */
  optionsFor(host: string): ConnectionOptions {
    const name = this.#sni ?? (isIP(host) === 0 ? host : '');
    const terms = this.#tls === undefined ? undefined : clientTermsOf(this.#tls);
    // Requests are sent by the names that clients ask for: which one a check should find is not known.
    const isAnyName = this.#sni === undefined && this.#tls?.sni === 'host';
    return {
      servername: name,
      rejectUnauthorized: this.#verifies,
      ...(this.#verifies && isAnyName ? { checkServerIdentity: ANY_NAME } : {}),
      ...(terms === undefined || terms instanceof Error ? {} : { secureContext: terms.context }),
    };
  }
}
