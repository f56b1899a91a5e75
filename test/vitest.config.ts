import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification, type Vite } from 'vitest/node';
import { noMotoReason } from './support/moto.ts';
import { noModesReason } from './support/platform.ts';

const INTEGRATION = 'test/**/*.integration.test.ts';
const E2E = 'test/**/*.e2e.test.ts';

// Groups of skipped tests, with the reason; a test that is skipped individually has the reason in its name.
const skipped = [
  ...(noModesReason ? [`files that may not be read or written: ${noModesReason}`] : []),
  ...(noMotoReason ? [`the repeat of the AWS suites on moto: ${noMotoReason}`] : []),
];
// Print it only once, although this file is loaded for each project.
if (process.env.TDD_TEST_SKIPS_TOLD === undefined) {
  process.env.TDD_TEST_SKIPS_TOLD = '1';
  for (const what of skipped) process.stderr.write(`skipped: ${what}\n`);
}

const LANES = ['e2e', 'integration', 'unit'];

/** Starts the fleets first: they wait most of the time, which the other tests then use. */
class FleetsFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ project }: TestSpecification) => LANES.indexOf(project.name);
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}

/** For tests whose program runs in other processes: measuring what runs in theirs would only take time. */
const WITHOUT_COVERAGE: Vite.Plugin = {
  name: 'without-coverage',
  configureVitest: ({ project }) => {
    project.config.coverage = { ...project.config.coverage, enabled: false };
  },
};

// biome-ignore lint/style/noDefaultExport: vitest reads its configuration from the default export
export default defineConfig({
  test: {
    // On Node 20 the AWS SDK warns in every process; only `tdd deploy` should.
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
    // A file with a fleet waits half of the time, so two more of them than cores keep all cores busy.
    maxWorkers: availableParallelism() + 2,
    sequence: { sequencer: FleetsFirst },
    // Only a safety net: on a busy machine, an end-to-end test can take minutes.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    coverage: {
      include: ['src/**/*.ts'],
      reporter: ['text-summary', 'html'],
      // Reached without the end-to-end tests.
      thresholds: { lines: 95, branches: 86 },
    },
    projects: [
      {
        // Tests that run in this process, without a build: `npm run test:unit`.
        extends: true,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: [INTEGRATION, E2E],
          // Loading every module again for each file would take longer than the tests.
          isolate: false,
        },
      },
      {
        // Tests with an AWS on loopback, or with other processes.
        extends: true,
        test: {
          name: 'integration',
          isolate: false,
          include: [INTEGRATION],
          globalSetup: ['test/support/build-worker.ts'],
        },
      },
      {
        // Tests of the built program: `npm run test:e2e`.
        extends: true,
        plugins: [WITHOUT_COVERAGE],
        test: {
          name: 'e2e',
          isolate: false,
          include: [E2E],
          globalSetup: ['test/support/build-program.ts'],
        },
      },
    ],
  },
});
