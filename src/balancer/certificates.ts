// The certificates of a running balancer: what is in use, and what takes its place.
import type { Frontend } from '../frontend/frontend.js';
import type { CertificateStatus } from '../model/status.js';
import type { ParseOptions } from '../spec/parse.js';
import type { CertificateSpec } from '../spec/tls.js';

/** The frontends of a balancer, as its certificates see them. */
export interface CertificateOwner {
  /** @throws EvenkeelError EK_UNKNOWN_NAME */
  frontend(name: string): Frontend;
}

/** Looks at and replaces certificates without touching a connection. */
export class Certificates {
  readonly #owner: CertificateOwner;
  readonly #options: ParseOptions;

  /** @internal @param options - with the folder that relative paths start from */
  constructor(owner: CertificateOwner, options: ParseOptions) {
    this.#owner = owner;
    this.#options = options;
  }

  /**
   * What a frontend shows its clients now, in the order of the spec.
   * @throws EvenkeelError EK_UNKNOWN_NAME
   */
  of(frontend: string): readonly CertificateStatus[] {
    return this.#owner.frontend(frontend).status().certificates;
  }

  /**
   * Puts other certificates in the place of all that a frontend has: new connections get them, those that stand keep theirs.
   * They are part of `balancer.spec` from then on, until an apply says otherwise.
   * Emits `certificate:replaced`, or `certificate:rejected` and throws: then nothing has changed.
   * @param certificates - paths or PEM texts, as in a spec
   * @throws SpecError with every fault; EvenkeelError EK_UNKNOWN_NAME, EK_STATE when the frontend has no TLS, EK_CLOSED when it is closed or drains
   */
  replace(frontend: string, certificates: readonly CertificateSpec[]): void {
    this.#owner.frontend(frontend).replaceCertificates(certificates, this.#options);
  }
}
