// TLS of frontends and towards members: what a user writes.
import type { z } from 'zod';
import { hostName, hostPattern } from './address-leaf.js';
import { flag, text, textLeaf, variable } from './leaf.js';
import { either, list, type ObjectOf, object, oneOf, optional, required } from './shape.js';

/**
 * A certificate and its key, as PEM files, one PEM bundle, or a PKCS#12 file. Paths are relative to the spec file;
 * a text with `-----BEGIN` in the place of a path is the PEM itself. `passphraseEnv` names the environment variable with the
 * passphrase of the key or file.
 */
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

/** Certificates of clients. */
export interface ClientAuthSpec {
  /** `request` = a client may go without one, `require` = it may not; one that is shown must be good in either case. */
  readonly mode: 'none' | 'request' | 'require';
  /** PEM of the authorities that are believed: a path or the text itself; needed unless the mode is `none`. */
  readonly ca?: string;
}

/** TLS of a frontend: https, or tcp that is decrypted here and passed on in the clear. */
export interface TlsSpec {
  /** Chosen by SNI, exact names before wildcards, the first one for everybody else; needed unless `selfSigned`. */
  readonly certificates?: readonly CertificateSpec[];
  /** A certificate made at the start, for `localhost` and development. @defaultValue false */
  readonly selfSigned?: boolean;
  /** @defaultValue '1.2' */
  readonly minVersion?: '1.2' | '1.3';
  /** Protocols offered, the favourite first. @defaultValue `[h2, http/1.1]`, none on tcp */
  readonly alpn?: readonly ('h2' | 'http/1.1')[];
  /** Certificates of clients. @defaultValue `{ mode: none }` */
  readonly clientAuth?: ClientAuthSpec;
  /** Not carried out by this version. */
  readonly acme?: AcmeSpec;
}

/** TLS towards members. */
export interface PoolTlsSpec {
  /** Whether a member's certificate is checked. @defaultValue true */
  readonly verify?: boolean;
  /** PEM of the authorities that are believed: a path or the text itself. @defaultValue the runtime's */
  readonly ca?: string;
  /** Server name: the request's host, the member's, or a fixed one (text with a dot). @defaultValue 'host' */
  readonly sni?: string | { readonly name: string };
  /** Protocols offered; `h2` goes with `http.version: '2'`. @defaultValue what `http.version` says, none for tcp */
  readonly alpn?: readonly ('h2' | 'http/1.1')[];
  /** Shown to members that ask for one: paths or PEM texts. */
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
    cert: required(text, 'PEM file of the certificate chain, or its text.'),
    key: required(text, 'PEM file of the key, or its text.'),
    passphraseEnv,
  }),
  object<Bundle>({
    pem: required(text, 'PEM file with chain and key, or its text.'),
    passphraseEnv,
  }),
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
    selfSigned: optional(flag, 'A certificate for localhost and development. Default false.'),
    minVersion: optional(oneOf('1.2', '1.3'), 'Default 1.2.'),
    alpn: optional(alpn, 'Protocols offered. Default h2, http/1.1.'),
    clientAuth: optional(
      object<ClientAuthSpec>({
        ca: optional(text, 'PEM file of the authorities that are believed, or its text.'),
        mode: required(oneOf('none', 'request', 'require'), 'Whether clients need a certificate.'),
      }),
      'Certificates of clients.',
    ),
    acme: optional(acme, 'Automatic certificates. Not supported yet.'),
  },
  { id: 'Tls', description: 'TLS of a frontend.' },
);

const serverName: z.ZodType<string> = textLeaf(
  '"host", "member" or a name with a dot',
  (value) =>
    value === 'host' ||
    value === 'member' ||
    (value.includes('.') && hostName.safeParse(value).success),
);

export const poolTlsSchema: ObjectOf<PoolTlsSpec> = object<PoolTlsSpec>(
  {
    verify: optional(flag, "Whether a member's certificate is checked. Default true."),
    ca: optional(text, 'PEM file of the authorities that are believed, or its text.'),
    sni: optional(
      either<string | { readonly name: string }>(
        '"host", "member", a name with a dot or {name}',
        serverName,
        object<{ readonly name: string }>({ name: required(hostName, 'A fixed name.') }),
      ),
      'Server name. Default host.',
    ),
    alpn: optional(alpn, 'Protocols offered. Default: what http.version says.'),
    clientCert: optional(
      object<NonNullable<PoolTlsSpec['clientCert']>>({
        cert: required(text, 'PEM file of the certificate chain, or its text.'),
        key: required(text, 'PEM file of the key, or its text.'),
      }),
      'Certificate shown to members.',
    ),
  },
  { id: 'PoolTls', description: 'TLS towards members.' },
);
