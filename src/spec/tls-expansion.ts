// What TLS of a frontend and towards members expands to.
import type { CertificateConfig, PoolTlsConfig, Protocol, TlsConfig } from './config.js';
import { filled } from './filled.js';
import { resolvePem } from './inline-pem.js';
import type { CertificateSpec, PoolTlsSpec, TlsSpec } from './tls.js';

type ResolvePath = (path: string) => string;

/** Writes the TLS of a frontend out. */
export function expandTls(spec: TlsSpec, protocol: Protocol, resolvePath: ResolvePath): TlsConfig {
  const { clientAuth = { mode: 'none' } } = spec;
  return filled<TlsConfig>({
    certificates: spec.certificates?.map((one) => expandCertificate(one, resolvePath)),
    selfSigned: spec.selfSigned ?? false,
    minVersion: spec.minVersion ?? '1.2',
    // What a tcp client speaks is its own affair.
    alpn: spec.alpn ?? (protocol === 'https' ? ['h2', 'http/1.1'] : undefined),
    clientAuth: filled<TlsConfig['clientAuth']>({
      mode: clientAuth.mode,
      ca: clientAuth.ca === undefined ? undefined : resolvePem(clientAuth.ca, resolvePath),
    }),
  });
}

function expandCertificate(spec: CertificateSpec, resolvePath: ResolvePath): CertificateConfig {
  const passphrase = spec.passphraseEnv === undefined ? {} : { passphraseEnv: spec.passphraseEnv };
  if ('pfx' in spec) return { pfx: resolvePath(spec.pfx), ...passphrase };
  if ('pem' in spec) return { pem: resolvePem(spec.pem, resolvePath), ...passphrase };
  const { cert, key } = spec;
  return { cert: resolvePem(cert, resolvePath), key: resolvePem(key, resolvePath), ...passphrase };
}

/** Writes the TLS towards members out. */
export function expandPoolTls(spec: PoolTlsSpec, resolvePath: ResolvePath): PoolTlsConfig {
  const { ca, clientCert, sni = 'host' } = spec;
  return filled<PoolTlsConfig>({
    verify: spec.verify ?? true,
    ca: ca === undefined ? undefined : resolvePem(ca, resolvePath),
    sni: sni === 'host' || sni === 'member' || typeof sni !== 'string' ? sni : { name: sni },
    alpn: spec.alpn,
    clientCert: clientCert && {
      cert: resolvePem(clientCert.cert, resolvePath),
      key: resolvePem(clientCert.key, resolvePath),
    },
  });
}
