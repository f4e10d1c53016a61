import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    reporters: ['default', './test/reporter.ts'],
    // By default one on two cores, which would wait most of the time: for API servers, daemons and deadlines.
    maxWorkers: 3,
    // Only what never ends shall run into these: the machine is busy.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    // As the executable (pkg.config.json).
    execArgv: ['--expose-internals'],
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/system/**', 'test/**/cluster/**', 'test/e2e/**'],
        },
      },
      {
        extends: true,
        // Needs root and Open vSwitch. Each test has its own bridge and network namespaces, so files run side by side.
        test: { name: 'system', include: ['test/system/**/*.test.ts'] },
      },
      {
        extends: true,
        // A real API server for each file; built first if need be (minutes, once), skipped where it cannot be.
        test: {
          name: 'cluster',
          include: ['test/**/cluster/**/*.test.ts'],
          globalSetup: ['test/cluster/build-tools.ts'],
        },
      },
      {
        extends: true,
        // `make e2e`: a whole Node with a real kubelet for each file, one after the other: each has the machine to itself.
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          globalSetup: ['test/e2e/build-tools.ts'],
          fileParallelism: false,
          testTimeout: 600_000,
        },
      },
    ],
  },
});
