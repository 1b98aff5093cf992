// Specs of tcp and udp frontends, and of balancers as a whole.
import { type CorpusEntry, corpus, members } from './entry.js';

const pools = ['a', 'b'].map((name) => ({ name, members: members(2) }));

/** Frontends that do not read what passes. */
export const PLAIN: readonly CorpusEntry[] = corpus('plain', {
  tcp: {
    frontends: [
      {
        name: 'db',
        protocol: 'tcp',
        bind: ':5432',
        pool: 'a',
        access: { allow: ['10.0.0.0/8'], deny: ['10.9.0.0/16'] },
        maxConnectionsPerSource: 5,
        acceptProxyProtocol: { trust: ['10.0.0.0/8'] },
      },
    ],
    pools,
  },
  'server names': {
    frontends: [
      {
        name: 'tls',
        protocol: 'tcp',
        bind: ':443',
        pool: 'b',
        timeouts: { clientHello: '1s' },
        routes: [
          { match: { source: ['10.0.0.0/8'], sni: ['a.example', '*.A.example'] }, pool: 'a' },
          { match: { source: '::1' }, pool: 'b' },
          { match: {}, pool: 'a' },
        ],
      },
    ],
    pools,
  },
  'tcp and http share a pool': {
    frontends: [
      { name: 'a', protocol: 'http', bind: ':80', pool: 'a' },
      { name: 'b', protocol: 'tcp', bind: ':81', pool: 'a' },
    ],
    pools,
  },
  udp: {
    frontends: [{ name: 'dns', protocol: 'udp', bind: ':53', pool: 'a' }],
    pools,
  },
  'udp beside http': {
    frontends: [
      { name: 'dns', protocol: 'udp', bind: ':53', pool: 'a' },
      { name: 'web', protocol: 'http', bind: ':80', pool: 'b' },
    ],
    pools,
  },
  'any free port': {
    frontends: [{ name: 'web', protocol: 'http', bind: '127.0.0.1:0', pool: 'a' }],
    pools,
  },
  'a name to listen on': {
    frontends: [{ name: 'web', protocol: 'http', bind: 'lb.example:80', pool: 'a' }],
    pools,
  },
  'same names': {
    name: 'web',
    description: 'line\nbreak # comment',
    labels: { 'a\n b': 'x' },
    frontends: [{ name: 'web', protocol: 'http', bind: ':80', pool: 'web' }],
    pools: [{ name: 'web', members: members(1) }],
  },
  'nothing at all': {},
});
