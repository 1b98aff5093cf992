// TLS of frontends and towards members: what a user writes. Checked in full; not carried out by this version.
import type { z } from 'zod';
import { hostName, hostPattern } from './address-leaf.js';
import { flag, text, textLeaf, variable } from './leaf.js';
import { either, list, type ObjectOf, object, oneOf, optional, required } from './shape.js';

/** A certificate and its key, as PEM files, one PEM bundle, or a PKCS#12 file. Paths are relative to the spec file. */
export type CertificateSpec =
  | { readonly cert: string; readonly key: string; readonly passphraseEnv?: string }
  | { readonly pem: string; readonly passphraseEnv?: string }
  | { readonly pfx: string; readonly passphraseEnv?: string };

/** Certificates that are asked for and renewed by themselves. */
export interface AcmeSpec {
  readonly domains: readonly string[];
  /** Address for notices of the authority. */
  readonly email?: string;
  /** URL of the authority's directory. @defaultValue Let's Encrypt */
  readonly directory?: string;
}

/** TLS of a frontend. */
export interface TlsSpec {
  /** Chosen by SNI, exact names before wildcards; needed unless `acme` is given. */
  readonly certificates?: readonly CertificateSpec[];
  /** @defaultValue '1.2' */
  readonly minVersion?: '1.2' | '1.3';
  /** Protocols offered, the favourite first. @defaultValue `[h2, http/1.1]` */
  readonly alpn?: readonly ('h2' | 'http/1.1')[];
  /** Certificates of clients. @defaultValue `{ mode: none }` */
  readonly clientAuth?: { readonly ca?: string; readonly mode: 'none' | 'request' | 'require' };
  readonly acme?: AcmeSpec;
}

/** TLS towards members. */
export interface PoolTlsSpec {
  /** Whether a member's certificate is checked. @defaultValue true */
  readonly verify?: boolean;
  /** PEM file of the authorities that are believed. @defaultValue the runtime's */
  readonly ca?: string;
  /** Server name: the request's host, the member's, or a fixed one (text with a dot). @defaultValue 'host' */
  readonly sni?: string | { readonly name: string };
  /** @defaultValue `[http/1.1]` */
  readonly alpn?: readonly ('h2' | 'http/1.1')[];
  readonly clientCert?: { readonly cert: string; readonly key: string };
}

type Files = Extract<CertificateSpec, { cert: string }>;
type Bundle = Extract<CertificateSpec, { pem: string }>;
type Pkcs12 = Extract<CertificateSpec, { pfx: string }>;

const passphraseEnv: z.ZodExactOptional<z.ZodType<string>> = optional(
  variable,
  'Environment variable with the passphrase.',
);

const certificate: z.ZodType<CertificateSpec> = either<CertificateSpec>(
  'an object with cert and key, pem, or pfx',
  object<Files>({
    cert: required(text, 'PEM file of the certificate chain.'),
    key: required(text, 'PEM file of the key.'),
    passphraseEnv,
  }),
  object<Bundle>({ pem: required(text, 'PEM file with chain and key.'), passphraseEnv }),
  object<Pkcs12>({ pfx: required(text, 'PKCS#12 file.'), passphraseEnv }),
);

const alpn: z.ZodType<readonly ('h2' | 'http/1.1')[]> = list(
  oneOf('h2', 'http/1.1'),
  'protocol',
  1,
);

const acme: ObjectOf<AcmeSpec> = object<AcmeSpec>({
  domains: required(list(hostPattern, 'domain', 1), 'Names of the certificate.'),
  email: optional(
    textLeaf('an e-mail address', (value) => /^[^\s@]+@[^\s@]+$/.test(value)),
    'Address for notices of the authority.',
  ),
  directory: optional(
    textLeaf('an https URL', (value) => /^https:\/\/\S+$/.test(value)),
    "URL of the authority's directory. Default: Let's Encrypt.",
  ),
});

export const tlsSchema: ObjectOf<TlsSpec> = object<TlsSpec>(
  {
    certificates: optional(
      list(certificate, 'certificate', 1),
      'Chosen by SNI, exact before wildcard.',
    ),
    minVersion: optional(oneOf('1.2', '1.3'), 'Default 1.2.'),
    alpn: optional(alpn, 'Protocols offered. Default h2, http/1.1.'),
    clientAuth: optional(
      object<NonNullable<TlsSpec['clientAuth']>>({
        ca: optional(text, 'PEM file of the authorities that are believed.'),
        mode: required(oneOf('none', 'request', 'require'), 'Whether clients need a certificate.'),
      }),
      'Certificates of clients.',
    ),
    acme: optional(acme, 'Automatic certificates.'),
  },
  { id: 'Tls', description: 'TLS of a frontend.' },
);

const serverName: z.ZodType<string> = textLeaf(
  '"host", "member" or a name with a dot',
  (value) => value === 'host' || value === 'member' || value.includes('.'),
);

export const poolTlsSchema: ObjectOf<PoolTlsSpec> = object<PoolTlsSpec>(
  {
    verify: optional(flag, "Whether a member's certificate is checked. Default true."),
    ca: optional(text, 'PEM file of the authorities that are believed.'),
    sni: optional(
      either<string | { readonly name: string }>(
        '"host", "member", a name with a dot or {name}',
        serverName,
        object<{ readonly name: string }>({ name: required(hostName, 'A fixed name.') }),
      ),
      'Server name. Default host.',
    ),
    alpn: optional(alpn, 'Default http/1.1.'),
    clientCert: optional(
      object<NonNullable<PoolTlsSpec['clientCert']>>({
        cert: required(text, 'PEM file of the certificate chain.'),
        key: required(text, 'PEM file of the key.'),
      }),
      'Certificate shown to members.',
    ),
  },
  { id: 'PoolTls', description: 'TLS towards members.' },
);
