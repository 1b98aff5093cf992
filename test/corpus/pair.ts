// Specs of pairs: what keepalived carries out, and what it can't.
import { type CorpusEntry, corpus, members } from './entry.js';

const BASE = {
  id: 51,
  bind: '10.98.0.2:7946',
  peers: ['10.98.0.3:7946'],
  address: { ip: '10.98.0.100/24', interface: 'eth0' },
  secretEnv: 'PATH',
};

function pair(ha: object, others: object = {}): object {
  return {
    frontends: [
      { name: 'web', protocol: 'http', bind: ':8080', pool: 'web' },
      { name: 'db', protocol: 'tcp', bind: ':5432', pool: 'web' },
    ],
    pools: [{ name: 'web', members: members(2) }],
    ha: { ...BASE, ...ha },
    ...others,
  };
}

const six = {
  bind: '[fd98::2]:7946',
  peers: ['[FD98:0::3]:7946', '[fd98::4]:7946'],
  address: { ip: 'fd98::100/64', interface: 'eth0' },
};

/** A pair, each with something else. */
export const PAIR: readonly CorpusEntry[] = corpus('pair', {
  plain: pair({}),
  'several peers': pair({ peers: ['10.98.0.3:7946', '10.98.0.4:1'], priority: 254 }),
  IPv6: pair(six),
  'both families': pair({ ...six, bind: BASE.bind, peers: BASE.peers }),
  'all own addresses': pair({ bind: ':7946' }),
  'peers by name': pair({ peers: ['lb-2.example:7946'] }),
  'fast adverts': pair({ advertInterval: '10ms' }),
  'crooked adverts': pair({ advertInterval: '1234ms' }),
  'slow adverts': pair({ advertInterval: '100s' }),
  'slow crooked adverts': pair({ advertInterval: '41100ms' }),
  'too slow adverts': pair({ advertInterval: '10m' }),
  'too slow for IPv6': pair({ ...six, advertInterval: '41s' }),
  'no preempt': pair({ preempt: false, preemptDelay: '3s', track: [{ pool: 'web' }] }),
  'preempt later': pair({ preemptDelay: '2500ms' }),
  'preempt much later': pair({ preemptDelay: '1h' }),
  track: pair({
    track: [
      { pool: 'web', minEligible: 2, lowerBy: 254 },
      { pool: 'web', lowerBy: 10 },
      { frontend: 'web' },
    ],
  }),
  'track udp': pair(
    { track: [{ pool: 'dns' }, { frontend: 'dns' }] },
    {
      frontends: [{ name: 'dns', protocol: 'udp', bind: ':53', pool: 'dns' }],
      pools: [{ name: 'dns', members: ['10.0.0.1:53'] }],
    },
  ),
  gateway: pair({ gateway: '10.98.0.1' }),
  'udp on the address': pair(
    {},
    {
      frontends: [{ name: 'dns', protocol: 'udp', bind: ':53', pool: 'dns' }],
      pools: [{ name: 'dns', members: ['10.0.0.1:53'], health: 'tcp:5s' }],
    },
  ),
  'own listeners': pair({ address: { listen: 'local' } }),
  'nothing real': pair({ address: { memory: true } }),
  'an interface that is none': pair({
    address: { ip: '10.98.0.100/24', interface: 'eth0"\n}\nglobal_defs { # $X' },
  }),
  'the address itself': pair(
    {},
    { frontends: [{ name: 'web', protocol: 'http', bind: '10.98.0.100:80', pool: 'web' }] },
  ),
  copies: pair(
    { replicate: ['sticky', 'rate-limit', 'health'] },
    {
      frontends: [
        {
          name: 'web',
          protocol: 'http',
          bind: ':8080',
          pool: 'web',
          rateLimit: { requests: 4, window: '10s' },
        },
      ],
      pools: [{ name: 'web', members: members(3), sticky: { mode: 'source-ip' } }],
    },
  ),
  'copies of clients only': pair(
    { ...six, replicate: ['sticky'] },
    {
      frontends: [
        {
          name: 'web',
          protocol: 'http',
          bind: ':8080',
          pool: 'web',
          rateLimit: { requests: 4, window: '10s' },
        },
      ],
      pools: [{ name: 'web', members: members(3), sticky: { mode: 'header', header: 'x-user' } }],
    },
  ),
  'copies from anywhere': pair(
    { bind: ':7946', replicate: ['sticky'] },
    { pools: [{ name: 'web', members: members(3), sticky: { mode: 'source-ip' } }] },
  ),
  'nothing to copy': pair({ replicate: ['sticky', 'rate-limit'] }),
});
