// Loads everything that the TLS towards members names, or says everything that is wrong with it.
import { SpecError } from '../core/errors.js';
import type { PoolTlsConfig } from '../spec/config.js';
import type { Certificate } from './certificate.js';
import { Faults } from './faults.js';
import { loadAuthorities, loadCertificate } from './load-certificate.js';
import { isUsable } from './usable.js';

/** What the TLS towards the members of a pool is made from, read and checked. */
export interface ClientMaterial {
  /** PEM of the authorities that are believed; undefined = the runtime's. */
  readonly authorities: readonly string[] | undefined;
  /** Shown to members that ask for one. */
  readonly certificate: Certificate | undefined;
}

/**
 * Reads and checks what `config` names.
 * @param now - Unix ms
 * @throws SpecError with every fault (`EK_CERTIFICATE`), paths relative to the pool: `tls.clientCert.key`
 */
export function loadClientMaterial(config: PoolTlsConfig, now: number): ClientMaterial {
  const faults = new Faults();
  const { ca, clientCert } = config;
  const path = 'tls.clientCert';
  const authorities = ca === undefined ? undefined : loadAuthorities(ca, 'tls.ca', faults);
  const certificate = clientCert && loadCertificate(clientCert, { path, now, faults });
  if (certificate !== undefined) isUsable(certificate, `${path}.cert`, faults);
  if (faults.issues.length > 0) throw new SpecError(faults.issues);
  return { authorities, certificate };
}
