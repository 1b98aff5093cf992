// What others call what a spec has: HAProxy, nginx, Envoy, Kubernetes and the like. The page is docs/glossary.md.

/** Our words, each with those of others; small letters, without `-` and `_`. */
const FOREIGN: Readonly<Record<string, readonly string[]>> = {
  frontends: ['listeners', 'services', 'entrypoints', 'virtualservers'],
  pools: ['backends', 'upstreams', 'clusters', 'targetgroups'],
  monitors: ['healthchecks', 'healthmonitors', 'checks'],
  members: ['servers', 'targets', 'endpoints', 'hosts', 'destinations', 'nodes', 'backends'],
  bind: ['listen', 'port', 'ports', 'address', 'addresses'],
  protocol: ['type', 'mode'],
  pool: ['backend', 'defaultbackend', 'upstream', 'cluster'],
  strategy: ['balance', 'algorithm', 'policy', 'lbpolicy'],
  health: ['healthcheck', 'healthchecks', 'healthmonitor', 'check', 'monitor'],
  sticky: ['stickiness', 'affinity', 'sessionaffinity', 'persistence'],
  outlier: ['outlierdetection', 'passivehealth'],
  maxConnections: ['maxconn', 'maxconns'],
  address: ['host', 'addr', 'target', 'url', 'port'],
  'round-robin': ['rr', 'wrr', 'weightedroundrobin'],
  'least-connections': ['leastconn', 'leastrequest', 'wlc'],
  'two-choices': ['p2c', 'poweroftwo', 'poweroftwochoices', 'randomtwo'],
  'static-weighted': ['staticrr'],
  'source-hash': ['source', 'iphash', 'sourceip'],
};

/** The known word that `word` is somebody else's name for. */
export function ourWord(word: string, known: readonly string[]): string | undefined {
  const foreign = word.toLowerCase().replaceAll(/[-_]/g, '');
  return known.find((ours) => Object.hasOwn(FOREIGN, ours) && FOREIGN[ours]?.includes(foreign));
}
