import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import type { Reporter, TestModule } from 'vitest/node'

/** A test that is not run proves nothing: a skipped or unwritten one fails the run. */
const noSkips: Reporter = {
  onTestRunEnd(modules: readonly TestModule[]) {
    const asked = process.argv.some((argument) => /^(-t|--testNamePattern)/.test(argument))
    if (asked) return
    const skipped = modules.flatMap((module) => [...module.children.allTests('skipped')])
    if (skipped.length === 0) return
    for (const test of skipped) process.stderr.write(`skipped: ${test.module.relativeModuleId} > ${test.fullName}\n`)
    process.stderr.write(`${skipped.length} tests were skipped; every test must run.\n`)
    process.exitCode = 1
  },
}

export default defineConfig({
  test: {
    include: ['{lang,node,client,test,bench}/**/*.test.ts'],
    exclude: ['dist/**', 'data/**', 'node_modules/**'],
    pool: 'forks',
    fileParallelism: true,
    // Many tests wait for processes more than they compute: two files at a time pay even on two cores.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    testTimeout: 60_000,
    hookTimeout: 60_000,
    allowOnly: false,
    reporters: ['default', noSkips],
  },
})
