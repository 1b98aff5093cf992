// What the TLS side of an accepted socket is made with: one object for all connections until certificates change.
import type { SecureContext, TLSSocketOptions } from 'node:tls';
import type { TlsConfig } from '../spec/config.js';
import type { ServerContexts } from './server-contexts.js';

/** The terms of new connections. */
export interface ServerTerms {
  /** For `tls.TLSSocket`. */
  readonly options: TLSSocketOptions;
  /** The protocols of the options as the wire has them; absent = none. */
  readonly alpn?: Buffer;
  /** The context for a server name (lower case), undefined = the default; absent where there is nothing to choose. */
  readonly choose?: (serverName: string) => SecureContext | undefined;
  readonly clientAuth: 'none' | 'request' | 'require';
}

/** Makes the terms; what a frontend does not use costs its connections nothing. */
export function serverTerms(config: TlsConfig, contexts: ServerContexts): ServerTerms {
  const { alpn, clientAuth } = config;
  const options: TLSSocketOptions = {
    isServer: true,
    secureContext: contexts.default,
    ...(alpn === undefined ? {} : { ALPNProtocols: [...alpn] }),
    ...(clientAuth.mode === 'none'
      ? {}
      : { requestCert: true, rejectUnauthorized: clientAuth.mode === 'require' }),
  };
  return {
    options,
    ...(alpn === undefined ? {} : { alpn: asSent(alpn) }),
    ...(contexts.isSingle ? {} : { choose: (name: string) => contexts.find(name) }),
    clientAuth: clientAuth.mode,
  };
}

/** Each name behind a byte that tells its length. */
function asSent(protocols: readonly string[]): Buffer {
  return Buffer.concat(
    protocols.map((name) => Buffer.from(`${String.fromCharCode(name.length)}${name}`, 'latin1')),
  );
}
