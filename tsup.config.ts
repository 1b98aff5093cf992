// How the package is built: ESM and CJS with types for every subpath, and the CLI as ESM.
import { defineConfig, type Options } from 'tsup';

const shared: Options = {
  target: 'node20',
  platform: 'node',
  splitting: true,
  sourcemap: false,
  treeshake: true,
  // p-retry is ESM-only: bundled so that the CJS build needs no require() of ESM.
  noExternal: ['p-retry'],
};

const config: ReturnType<typeof defineConfig> = defineConfig([
  {
    ...shared,
    entry: {
      index: 'src/index.ts',
      'haproxy/index': 'src/haproxy/index.ts',
      'keepalived/index': 'src/keepalived/index.ts',
      'metrics/index': 'src/metrics/index.ts',
      'nginx/index': 'src/nginx/index.ts',
      'redis/index': 'src/redis/index.ts',
      'testkit/index': 'src/testkit/index.ts',
      'testkit/explore/index': 'src/testkit/explore/index.ts',
      'testkit/vitest/index': 'src/testkit/vitest/index.ts',
      'tracing/index': 'src/tracing/index.ts',
      'cli/main': 'src/cli/main.ts',
    },
    format: ['esm'],
  },
  {
    ...shared,
    // Written out in each part: knip reads them as they stand.
    entry: {
      index: 'src/index.ts',
      'haproxy/index': 'src/haproxy/index.ts',
      'keepalived/index': 'src/keepalived/index.ts',
      'metrics/index': 'src/metrics/index.ts',
      'nginx/index': 'src/nginx/index.ts',
      'redis/index': 'src/redis/index.ts',
      'testkit/index': 'src/testkit/index.ts',
      'testkit/explore/index': 'src/testkit/explore/index.ts',
      'tracing/index': 'src/tracing/index.ts',
    },
    format: ['cjs'],
    // import.meta.url, where packages are loaded from when they are needed.
    shims: true,
  },
  {
    ...shared,
    entry: {
      index: 'src/index.ts',
      'haproxy/index': 'src/haproxy/index.ts',
      'keepalived/index': 'src/keepalived/index.ts',
      'metrics/index': 'src/metrics/index.ts',
      'nginx/index': 'src/nginx/index.ts',
      'redis/index': 'src/redis/index.ts',
      'testkit/index': 'src/testkit/index.ts',
      'testkit/explore/index': 'src/testkit/explore/index.ts',
      'tracing/index': 'src/tracing/index.ts',
    },
    dts: { only: true },
    format: ['esm', 'cjs'],
  },
  {
    ...shared,
    // vitest itself can't be required.
    entry: { 'testkit/vitest/index': 'src/testkit/vitest/index.ts' },
    dts: { only: true },
    format: ['esm'],
  },
]);
export default config;
