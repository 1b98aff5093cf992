// TLS towards the members of one pool: what it trusts, by which name it asks, and the sessions it can resume.
import { isIP } from 'node:net';
import { createSecureContext, type SecureContext } from 'node:tls';
import { isDeepStrictEqual } from 'node:util';
import { BoundedMap } from '../core/bounded-map.js';
import { systemClock } from '../core/clock.js';
import { SpecError } from '../core/errors.js';
import type { PoolTlsConfig } from '../spec/config.js';
import { CIPHERS, keyGroups } from './ciphers.js';
import { type ClientMaterial, loadClientMaterial } from './load-client.js';

/** Sessions kept per pool: 2 KiB each. */
const MAX_SESSIONS = 1024;

/** Where a member is. */
export interface ClientPeer {
  readonly name: string;
  readonly host: string;
  readonly port: number;
}

/**
 * The terms for connections to members. They are made anew when its files are read again: a connection that was made under other
 * terms is recognised by them, and no session outlives them.
 */
export interface ClientTerms {
  readonly config: PoolTlsConfig;
  readonly context: SecureContext;
  /** By member, address and server name. */
  readonly sessions: BoundedMap<string, Buffer>;
}

/** Holds the present terms of one pool's settings. */
export class ClientTls {
  readonly #config: PoolTlsConfig;
  #material: ClientMaterial;
  #terms: ClientTerms;

  constructor(config: PoolTlsConfig, material: ClientMaterial) {
    this.#config = config;
    this.#material = material;
    this.#terms = termsOf(config, material);
  }

  get terms(): ClientTerms {
    return this.#terms;
  }

  /** New connections get this from now on; what is the same changes nothing. */
  use(material: ClientMaterial): void {
    if (isDeepStrictEqual(material, this.#material)) return;
    this.#material = material;
    this.#terms = termsOf(this.#config, material);
  }
}

function termsOf(config: PoolTlsConfig, { authorities, certificate }: ClientMaterial): ClientTerms {
  const context = createSecureContext({
    ...(authorities === undefined ? {} : { ca: [...authorities] }),
    ...(certificate === undefined ? {} : { cert: certificate.chainPem, key: certificate.keyPem }),
    ciphers: CIPHERS,
    ecdhCurve: keyGroups(),
    minVersion: 'TLSv1.2',
  });
  return { config, context, sessions: new BoundedMap({ max: MAX_SESSIONS }, systemClock) };
}

const byConfig = new WeakMap<PoolTlsConfig, ClientTls>();
const failures = new WeakMap<PoolTlsConfig, SpecError>();

/**
 * The TLS of those settings: one per settings object, whoever asks.
 * @param now - Unix ms: a client certificate must be valid then, at the first call
 * @throws SpecError with every fault, paths relative to the pool
 */
export function clientTlsOf(config: PoolTlsConfig, now?: number): ClientTls {
  let tls = byConfig.get(config);
  if (tls === undefined) {
    tls = new ClientTls(config, loadClientMaterial(config, now ?? systemClock.wallTime()));
    byConfig.set(config, tls);
  }
  return tls;
}

/**
 * The terms for a connection now; an error = what the settings name can't be used: no connection can be made.
 * Found out once: pools that are changed by hand are not checked before.
 */
export function clientTermsOf(config: PoolTlsConfig): ClientTerms | SpecError {
  const known = failures.get(config);
  if (known !== undefined) return known;
  try {
    return clientTlsOf(config).terms;
  } catch (error) {
    if (!(error instanceof SpecError)) throw error;
    failures.set(config, error);
    return error;
  }
}

/** Puts what was read in force for those settings. */
export function renewClientTls(config: PoolTlsConfig, material: ClientMaterial): void {
  const present = byConfig.get(config);
  failures.delete(config);
  if (present === undefined) byConfig.set(config, new ClientTls(config, material));
  else present.use(material);
}

/**
 * The name to ask a member for, and to find in its certificate; '' = none: it is known by its IP address.
 * @param host - what the client asked for, lower case without port; '' = nothing
 */
export function serverNameFor({ sni }: PoolTlsConfig, peer: ClientPeer, host: string): string {
  if (typeof sni === 'object') return sni.name;
  const name = sni === 'host' && isName(host) ? host : peer.host;
  return isName(name) ? name : '';
}

function isName(host: string): boolean {
  return host !== '' && !host.startsWith('[') && isIP(host) === 0;
}
