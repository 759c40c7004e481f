import { defineConfig } from 'vitest/config'
import type { Reporter } from 'vitest/node'
import { meshmark } from './fixtures/plugin.ts'

/** Ends the tests' output with every skip and its reason: a skip is never a pass. */
const skips: Reporter = {
  onTestRunEnd(modules) {
    const tests = modules.flatMap(({ children }) => [...children.allTests()])
    const count = (state: string) => tests.filter((test) => test.result().state === state).length
    for (const test of tests) {
      const result = test.result()
      if (result.state === 'skipped')
        process.stdout.write(`skipped: ${test.fullName}: ${result.note ?? 'no reason given'}\n`)
    }
    process.stdout.write(`\n${count('passed')} passed, ${count('failed')} failed, ${count('skipped')} skipped\n`)
  },
}

const each = {
  testTimeout: 30_000,
  // Those that clean up run commands of ours, and wait for processes to end.
  hookTimeout: 60_000,
}

/** Tests that neither measure nor need a cluster: two files at a time, before the others. */
const together = [
  'reports/**/*.test.ts',
  'harness/{load,verdict}/**/*.test.ts',
  'clusters/*.test.ts',
  'clusters/{images,kind,mesh-cli}/**/*.test.ts',
  'clusters/kubernetes/!(cluster).test.ts',
  'clusters/meshes/**/!(mesh).test.ts',
  'ebpf/!(chain).test.ts',
  'ebpf/attribution/*.test.ts',
  'ebpf/scheduler/metrics/*.test.ts',
]

export default defineConfig({
  plugins: [meshmark({ include: ['suites/*.suite.ts'] })],
  test: {
    reporters: ['default', skips],
    // Programs and threads that tests start are not in it: they run without the settings of the process that starts them.
    coverage: {
      include: ['{fixtures,harness,clusters,ebpf,reports}/**/*.ts'],
      exclude: ['**/*.test.ts', '**/testing*', '**/testing/**'],
      reporter: ['text', 'html'],
    },
    projects: [
      {
        test: {
          ...each,
          name: 'tests',
          include: ['**/*.test.ts'],
          exclude: ['node_modules/**', 'dist/**', ...together],
          globalSetup: ['clusters/testing-kind.ts'],
          // They measure, and start processes by the dozen.
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: { ...each, name: 'tests-together', include: together, maxWorkers: 2, sequence: { groupOrder: 0 } },
      },
    ],
  },
})
