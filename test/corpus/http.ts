// Specs of http frontends.
import { type CorpusEntry, corpus, members } from './entry.js';

const web = { name: 'web', members: members(3) };

/** What an http frontend can ask for, one thing each. */
export const HTTP: readonly CorpusEntry[] = corpus('http', {
  plain: {
    frontends: [{ name: 'public', protocol: 'http', bind: ':80', pool: 'web' }],
    pools: [web],
  },
  addresses: {
    frontends: [
      {
        name: 'public',
        protocol: 'http',
        bind: ['127.0.0.1:80', '[::1]:80', '0.0.0.0:81', '[::]:82', 'localhost:83', ':443'],
        pool: 'web',
      },
    ],
    pools: [web],
  },
  'no pool': { frontends: [{ name: 'public', protocol: 'http', bind: ':80' }], pools: [] },
  access: {
    frontends: [
      {
        name: 'public',
        protocol: 'http',
        bind: ':80',
        pool: 'web',
        access: { allow: ['10.0.0.0/8', '2001:db8::/32', '::1'], deny: ['10.1.0.0/16'] },
        maxConnections: 500,
        maxConnectionsPerSource: 20,
      },
    ],
    pools: [web],
  },
  'long access list': {
    frontends: [
      {
        name: 'public',
        protocol: 'http',
        bind: ':80',
        pool: 'web',
        access: { deny: Array.from({ length: 60 }, (_, i) => `10.${i}.0.0/16`) },
      },
    ],
    pools: [web],
  },
  limits: {
    frontends: [
      {
        name: 'public',
        protocol: 'http',
        bind: ':80',
        pool: 'web',
        limits: {
          headerBytes: '64KiB',
          headers: 500,
          bodyBytes: '10MiB',
          requestsPerConnection: 100,
        },
        methods: { connect: true, trace: true },
        upgrades: ['websocket', 'tcp/1'],
      },
      {
        name: 'small',
        protocol: 'http',
        bind: ':81',
        pool: 'web',
        limits: { headerBytes: 256, headers: 1, bodyBytes: 0 },
        upgrades: [],
      },
    ],
    pools: [web],
  },
  timeouts: {
    frontends: [
      {
        name: 'a',
        protocol: 'http',
        bind: ':80',
        pool: 'web',
        timeouts: { requestHead: '5s', client: '1m', keepAlive: 1234, tunnel: '2h', total: '10s' },
      },
      { name: 'b', protocol: 'http', bind: ':81', pool: 'web', timeouts: { tunnel: '24d' } },
    ],
    pools: [{ ...web, timeouts: { connect: 500, server: '30s' }, queue: { timeout: 0 } }],
  },
  'forwarded, both': {
    frontends: [
      {
        name: 'public',
        protocol: 'http',
        bind: ':80',
        pool: 'web',
        forwarded: { mode: 'both', trust: ['10.0.0.0/8'] },
        acceptProxyProtocol: { trust: ['10.0.0.0/8', '::1'] },
      },
    ],
    pools: [web],
  },
  'forwarded, none': {
    frontends: [
      { name: 'public', protocol: 'http', bind: ':80', pool: 'web', forwarded: { mode: 'none' } },
    ],
    pools: [web],
  },
  headers: {
    frontends: [
      {
        name: 'public',
        protocol: 'http',
        bind: ':80',
        pool: 'web',
        requestId: { header: 'X-Trace_Id', trust: ['10.0.0.0/8'] },
        headers: {
          request: {
            set: {
              'X-Real-IP': '{client.ip}',
              'X-Original': '{host}{path}?{query}',
              'X-Text': `100% "sure" #1 it's \\n {{host}} {"a":1}`,
              'X-Empty': '',
              Host: 'app.internal:8080',
              'X-Id': '{request.id}-{tls.sni}-{rest}',
            },
            add: { 'X-Multi': 'b', 'X-Text-2': 'ü' },
            remove: ['x-debug', "x-odd'name"],
          },
          response: { set: { 'X-Frame-Options': 'DENY', 'X-Path': '{path}' }, remove: ['server'] },
        },
      },
    ],
    pools: [web],
  },
  'maintenance and https': {
    frontends: [
      { name: 'down', protocol: 'http', bind: ':80', pool: 'web', maintenance: { allow: ['::1'] } },
      { name: 'gone', protocol: 'http', bind: ':81', pool: 'web', maintenance: { status: 451 } },
      { name: 'to-https', protocol: 'http', bind: ':82', redirectToHttps: { port: 8443 } },
    ],
    pools: [web],
  },
});
