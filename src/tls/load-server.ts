// Loads everything that the TLS of a frontend names, or says everything that is wrong with it.
import { SpecError } from '../core/errors.js';
import type { CertificateConfig, TlsConfig } from '../spec/config.js';
import { isInlinePem } from '../spec/inline-pem.js';
import type { Certificate } from './certificate.js';
import { Faults } from './faults.js';
import { describeFiles } from './file-watch.js';
import { type LoadContext, loadAuthorities, loadCertificate } from './load-certificate.js';
import { developmentCertificate } from './self-signed.js';
import { isUsable } from './usable.js';

/** What the TLS of a frontend is made from, read and checked. */
export interface ServerMaterial {
  readonly config: TlsConfig;
  /** What {@link describeFiles} said of its files before they were read. */
  readonly files: string;
  /** In the order of the spec, at least one. */
  readonly certificates: readonly Certificate[];
  /** PEM of those who may sign client certificates. */
  readonly authorities: readonly string[];
}

/**
 * Reads and checks what `config` names. Reads files: costs a few ms per certificate.
 * @param now - Unix ms
 * @throws SpecError with every fault (`EK_CERTIFICATE`), paths relative to the frontend: `tls.certificates[1].key`
 */
export function loadServerMaterial(config: TlsConfig, now: number): ServerMaterial {
  const faults = new Faults();
  const files = describeFiles(filesOf(config));
  const certificates: Certificate[] = [];
  for (const [index, one] of certificatesOf(config, now).entries()) {
    const context: LoadContext = { path: `tls.certificates[${index}]`, now, faults };
    const certificate = loadCertificate(one, context);
    if (certificate === undefined) continue;
    if (isUsable(certificate, placeOf(one, context.path), faults)) certificates.push(certificate);
  }
  const { ca } = config.clientAuth;
  const authorities = ca === undefined ? [] : loadAuthorities(ca, 'tls.clientAuth.ca', faults);
  if (faults.issues.length > 0 || authorities === undefined) throw new SpecError(faults.issues);
  return { config, files, certificates, authorities };
}

function certificatesOf(config: TlsConfig, now: number): readonly CertificateConfig[] {
  return config.selfSigned ? [developmentCertificate(now)] : (config.certificates ?? []);
}

function placeOf(config: CertificateConfig, path: string): string {
  if ('pfx' in config) return `${path}.pfx`;
  return 'pem' in config ? `${path}.pem` : `${path}.cert`;
}

/** Every file that the TLS of a frontend is read from. */
export function filesOf({ certificates = [], clientAuth }: TlsConfig): readonly string[] {
  const sources = certificates.flatMap((one) => {
    if ('pfx' in one) return [one.pfx];
    return 'pem' in one ? [one.pem] : [one.cert, one.key];
  });
  if (clientAuth.ca !== undefined) sources.push(clientAuth.ca);
  return [...new Set(sources.filter((source) => !isInlinePem(source)))];
}
