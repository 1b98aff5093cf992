// Specs with TLS on either side.
import { createSelfSigned } from '../../src/tls/self-signed.js';
import { type CorpusEntry, corpus, members } from './entry.js';

const { cert, key } = createSelfSigned({ domains: ['app.example.com'], now: Date.now() });

function secure(tls: object, pool: object = {}, protocol: 'https' | 'tcp' = 'https'): object {
  return {
    frontends: [
      {
        name: 'public',
        protocol,
        bind: ':443',
        pool: 'web',
        tls: { certificates: [{ cert, key }], ...tls },
      },
    ],
    pools: [{ name: 'web', members: members(2), ...pool }],
  };
}

/** Frontends that end TLS, and members that are spoken to with it. */
export const TLS: readonly CorpusEntry[] = corpus('tls', {
  https: secure({}),
  'clients with certificates': secure({
    minVersion: '1.3',
    clientAuth: { mode: 'require', ca: cert },
    certificates: [{ cert, key }, { pem: cert + key }],
  }),
  'clients that may have one': secure({ clientAuth: { mode: 'request', ca: cert } }),
  'tcp that ends TLS': secure({ alpn: ['h2', 'http/1.1'] }, {}, 'tcp'),
  'on both sides': secure(
    {},
    { tls: { ca: cert, clientCert: { cert, key } }, health: 'https:/h:5s' },
  ),
  'towards members, one name': secure({}, { tls: { sni: 'app.internal' }, health: 'http:/h:5s' }),
  'towards members by address': secure({}, { tls: { sni: 'member' } }),
  'towards members, not verified': secure({}, { tls: { sni: 'member', verify: false } }, 'tcp'),
  'self-signed': secure({ certificates: undefined, selfSigned: true }),
});
