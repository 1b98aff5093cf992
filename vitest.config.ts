// Test projects: `unit` needs nothing, `integration` opens sockets or tries every field there is, `programs` runs real servers and clients.
import { defineConfig, type ViteUserConfig } from 'vitest/config';

/** Tests with sockets and programs get a second chance where nobody watches; the report names those that needed it. */
const RETRIES: number = process.env['CI'] === undefined ? 0 : 2;

const config: ViteUserConfig = defineConfig({
  test: {
    testTimeout: 20_000,
    hookTimeout: 60_000,
    reporters: ['default', './test/support/missing-programs-reporter.ts'],
    globalSetup: ['./test/support/global-setup.ts'],
    projects: [
      // Nothing is mocked, so that files can share the modules: loading them for each took longer than the tests.
      {
        extends: true,
        test: { name: 'unit', include: ['test/unit/**/*.test.ts'], isolate: false },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          testTimeout: 60_000,
          retry: RETRIES,
        },
      },
      {
        extends: true,
        test: {
          name: 'conformance',
          include: ['test/conformance/**/*.test.ts'],
          testTimeout: 120_000,
          maxConcurrency: 6,
          retry: RETRIES,
        },
      },
      {
        extends: true,
        test: {
          name: 'programs',
          include: ['test/programs/**/*.test.ts'],
          testTimeout: 180_000,
          fileParallelism: false,
          retry: RETRIES,
        },
      },
    ],
  },
});
export default config;
