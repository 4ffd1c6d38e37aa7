import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { MUTANTS } from './mutants.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

it.each(MUTANTS)('the mutant "$name" changes texts that the source has once', ({ changes }) => {
  for (const { file, from } of changes) expect(readFileSync(join(ROOT, file), 'utf8').split(from)).toHaveLength(2)
})
