// The layer table of ARCHITECTURE.md as rules: who may import whom, and who owns which package.

/** Folder -> folders it may import besides itself. A folder that is missing here fails the check. */
const LIBRARY = [
  'core',
  'spec',
  'model',
  'strategy',
  'wire',
  'tls',
  'auth',
  'sticky',
  'rate-limit',
  'route',
];
const RUNNING = [...LIBRARY, 'health', 'pool', 'upstream'];

const MAY_IMPORT = {
  core: [],
  spec: ['core'],
  model: ['core', 'spec'],
  strategy: ['core', 'spec', 'model'],
  wire: ['core'],
  tls: ['core', 'spec'],
  auth: ['core', 'spec'],
  sticky: ['core', 'spec', 'model'],
  'rate-limit': ['core', 'spec'],
  route: ['core', 'spec', 'model'],
  health: ['core', 'spec', 'model', 'wire', 'tls'],
  pool: ['core', 'spec', 'model', 'strategy', 'health', 'sticky'],
  upstream: ['core', 'spec', 'model', 'wire', 'tls'],
  frontend: RUNNING,
  ha: ['core', 'spec', 'model'],
  balancer: [...RUNNING, 'frontend', 'ha'],
  redis: ['core', 'spec', 'model', 'sticky', 'rate-limit'],
  haproxy: [...RUNNING, 'frontend', 'emit'],
  nginx: ['core', 'spec', 'model', 'emit'],
  keepalived: ['core', 'spec', 'emit'],
  metrics: ['core', 'spec', 'model'],
  tracing: ['core', 'spec', 'model'],
  emit: ['core', 'spec'],
  testkit: [...RUNNING, 'frontend', 'ha', 'balancer'],
  cli: [
    ...RUNNING,
    'frontend',
    'ha',
    'balancer',
    'testkit',
    'emit',
    'haproxy',
    'nginx',
    'keepalived',
  ],
};

/** Third-party package -> the only place that may import it. */
const OWNERS = {
  eventemitter3: '^src/core/emitter[.]ts$',
  'p-retry': '^src/pool/discovery/',
  'lru-cache': '^src/core/bounded-map[.]ts$',
  tldts: '^src/core/hostname[.]ts$',
  re2js: '^src/core/regex[.]ts$',
  'node-forge': '^src/tls/',
  bcryptjs: '^src/auth/',
  ioredis: '^src/redis/',
  'prom-client': '^src/metrics/',
  '@opentelemetry/api': '^src/tracing/',
  vitest: '^src/testkit/vitest/',
  'fast-check': '^src/testkit/explore/',
  zod: '^src/spec/',
  yaml: '^src/cli/',
  commander: '^src/cli/',
};

/** Where Node's I/O modules may appear. */
const IO_FOLDERS =
  '^src/(health/probes|pool/discovery|tls|upstream|frontend|ha/(drivers|transport)|haproxy/(process|runtime)|emit|testkit|cli)/';
const IO_MODULES =
  '^(node:)?(net|tls|http|https|http2|dgram|dns|dns/promises|fs|fs/promises|child_process)$';

const folders = Object.keys(MAY_IMPORT);

module.exports = {
  forbidden: [
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'folder-not-in-the-table',
      severity: 'error',
      from: {},
      to: { path: `^src/(?!(${folders.join('|')})/)[^/]+/` },
    },
    ...folders.map((folder) => ({
      name: `layer-${folder}`,
      severity: 'error',
      from: { path: `^src/${folder}/` },
      to: { path: '^src/', pathNot: `^src/(${[folder, ...MAY_IMPORT[folder]].join('|')})/` },
    })),
    ...Object.entries(OWNERS).map(([name, owner]) => ({
      name: `owner-of-${name}`,
      severity: 'error',
      from: { path: '^src/', pathNot: owner },
      to: { path: `node_modules/${name}/` },
    })),
    {
      name: 'io-only-at-the-edges',
      severity: 'error',
      // core/address and core/cidr use net's pure functions (isIP, BlockList).
      from: { path: '^src/', pathNot: `${IO_FOLDERS}|^src/core/(address|cidr)[.]ts$` },
      to: { dependencyTypes: ['core'], path: IO_MODULES },
    },
    {
      name: 'not-to-tests',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|bench|examples|scripts)/' },
    },
    { name: 'unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.js'],
      conditionNames: ['import', 'require', 'node', 'types'],
    },
  },
};
