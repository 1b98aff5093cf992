// From what a spec says of a certificate to one that is known to work, or to everything that is wrong with it.
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { isRegistrySuffix } from '../core/hostname.js';
import type { CertificateConfig } from '../spec/config.js';
import { type Certificate, factsOf } from './certificate.js';
import type { Faults } from './faults.js';
import { readBytes, readPassphrase, readPem, titleOf } from './material.js';
import { certificateBlocks, keyBlocks } from './pem.js';
import { parsePkcs12 } from './pkcs12.js';

/** Shorter RSA keys are refused (NIST SP 800-131A). */
const MIN_RSA_BITS = 2048;

/** What a certificate is loaded for. */
export interface LoadContext {
  /** Place in the spec: `tls.certificates[0]`. */
  readonly path: string;
  /** Unix ms: a certificate must be valid now. */
  readonly now: number;
  readonly faults: Faults;
}

/** Where a certificate's parts come from, and where a fault of each is told. */
interface Sources {
  readonly chain: readonly string[];
  readonly chainPath: string;
  /** For people. */
  readonly chainTitle: string;
  readonly key: string | undefined;
  readonly keyPath: string;
  readonly keyTitle: string;
  readonly passphrase: string;
}

/** Reads and checks a certificate; undefined = it can't be used, and `faults` say why. */
export function loadCertificate(
  config: CertificateConfig,
  context: LoadContext,
): Certificate | undefined {
  const sources = readSources(config, context);
  return sources && combine(sources, context, config.passphraseEnv);
}

function readSources(config: CertificateConfig, context: LoadContext): Sources | undefined {
  const { path, faults } = context;
  const passphrase = readPassphrase(config.passphraseEnv, `${path}.passphraseEnv`, faults);
  if ('pfx' in config) return readPkcs12(config.pfx, passphrase, context, config.passphraseEnv);
  const [chain, key] =
    'pem' in config ? [config.pem, config.pem] : ([config.cert, config.key] as const);
  const chainPath = 'pem' in config ? `${path}.pem` : `${path}.cert`;
  const keyPath = 'pem' in config ? `${path}.pem` : `${path}.key`;
  const chainText = readPem(chain, chainPath, faults);
  const keyText = keyPath === chainPath ? chainText : readPem(key, keyPath, faults);
  if (chainText === undefined || keyText === undefined || passphrase === undefined)
    return undefined;
  return {
    chain: certificateBlocks(chainText),
    chainPath,
    chainTitle: titleOf(chain),
    key: keyBlocks(keyText)[0],
    keyPath,
    keyTitle: titleOf(key),
    passphrase,
  };
}

function readPkcs12(
  file: string,
  passphrase: string | undefined,
  { path, faults }: LoadContext,
  variable: string | undefined,
): Sources | undefined {
  const place = `${path}.pfx`;
  const bytes = readBytes(file, place, faults);
  if (bytes === undefined || passphrase === undefined) return undefined;
  const content = parsePkcs12(bytes, passphrase);
  if (content === 'malformed') {
    faults.add(place, `${file} is no PKCS#12 file`);
    return undefined;
  }
  if (content === 'wrong passphrase') {
    addPassphraseFault(faults, path, place, file, variable);
    return undefined;
  }
  const { certificates, key } = content;
  return {
    chain: certificates,
    chainPath: place,
    chainTitle: file,
    key,
    keyPath: place,
    keyTitle: file,
    passphrase: '',
  };
}

function addPassphraseFault(
  faults: Faults,
  path: string,
  place: string,
  title: string,
  variable: string | undefined,
): void {
  if (variable === undefined) {
    faults.add(place, `${title} is encrypted; name the variable of its passphrase, passphraseEnv`);
  } else {
    faults.add(`${path}.passphraseEnv`, `the passphrase in ${variable} does not open ${title}`);
  }
}

/** Every part is looked at, so that the faults of all are told at once. */
function combine(
  sources: Sources,
  context: LoadContext,
  variable: string | undefined,
): Certificate | undefined {
  const { faults, now } = context;
  const certificate = parseChain(sources, faults);
  const key = parseKey(sources, context, variable);
  if (certificate === undefined || key === undefined) return undefined;
  if (!certificate.checkPrivateKey(key)) {
    const { keyTitle, chainTitle } = sources;
    const both = keyTitle === chainTitle ? '' : ` in ${chainTitle}`;
    faults.add(sources.keyPath, `the key in ${keyTitle} does not belong to the certificate${both}`);
    return undefined;
  }
  const facts = factsOf(certificate);
  const fault =
    judgeTime(facts.validFrom, facts.expiresAt, now) ??
    judgeNames(facts.names) ??
    judgeKey(certificate.publicKey);
  if (fault !== undefined) {
    faults.add(sources.chainPath, `the certificate in ${sources.chainTitle} ${fault}`);
    return undefined;
  }
  const keyPem = key.export({ type: 'pkcs8', format: 'pem' }).toString();
  return { ...facts, chainPem: sources.chain.join(''), keyPem };
}

function parseChain(sources: Sources, faults: Faults): X509Certificate | undefined {
  const { chain, chainPath, chainTitle } = sources;
  if (chain.length === 0) {
    faults.add(chainPath, `there is no certificate in ${chainTitle}`);
    return undefined;
  }
  try {
    const [own] = chain.map((text) => new X509Certificate(text));
    return own;
  } catch {
    faults.add(chainPath, `a certificate in ${chainTitle} is malformed`);
    return undefined;
  }
}

function parseKey(
  sources: Sources,
  { path, faults }: LoadContext,
  variable: string | undefined,
): KeyObject | undefined {
  const { key, keyPath, keyTitle, passphrase } = sources;
  if (key === undefined) {
    faults.add(keyPath, `there is no private key in ${keyTitle}`);
    return undefined;
  }
  const isEncrypted = key.includes('ENCRYPTED');
  try {
    return createPrivateKey(isEncrypted ? { key, passphrase } : key);
  } catch {
    if (isEncrypted) addPassphraseFault(faults, path, keyPath, keyTitle, variable);
    else faults.add(keyPath, `the key in ${keyTitle} is malformed`);
    return undefined;
  }
}

function judgeTime(validFrom: number, expiresAt: number, now: number): string | undefined {
  if (now > expiresAt) return `expired at ${new Date(expiresAt).toISOString()}`;
  if (now < validFrom) return `is not valid before ${new Date(validFrom).toISOString()}`;
  return undefined;
}

/** OpenSSL has its own mind, by version: that of Node 20 takes 1,024 bits. */
function judgeKey(key: KeyObject): string | undefined {
  const bits = key.asymmetricKeyDetails?.modulusLength;
  if (bits === undefined || bits >= MIN_RSA_BITS) return undefined;
  return `has a key of ${bits} bits; RSA takes ${MIN_RSA_BITS} or more`;
}

function judgeNames(names: readonly string[]): string | undefined {
  const tooWide = names.find((name) => name.startsWith('*.') && isRegistrySuffix(name.slice(2)));
  return tooWide === undefined ? undefined : `is for ${tooWide}: a public suffix is nobody's own`;
}

/** The authorities in a PEM source; undefined = there are none, or it can't be read, which is noted. */
export function loadAuthorities(
  source: string,
  path: string,
  faults: Faults,
): readonly string[] | undefined {
  const text = readPem(source, path, faults);
  if (text === undefined) return undefined;
  const blocks = certificateBlocks(text);
  if (blocks.length === 0) {
    faults.add(path, `there is no certificate in ${titleOf(source)}`);
    return undefined;
  }
  try {
    for (const block of blocks) void new X509Certificate(block);
    return blocks;
  } catch {
    faults.add(path, `a certificate in ${titleOf(source)} is malformed`);
    return undefined;
  }
}
