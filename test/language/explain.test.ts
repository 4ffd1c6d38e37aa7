import fc from 'fast-check'
import { expect, test } from 'vitest'
import { LanguageError } from '../../lang/errors.ts'
import { type Explanation, explain } from '../../lang/explain.ts'
import type { KeySet } from '../../lang/explain-keys.ts'
import { compile } from '../../lang/program.ts'
import type { RunResult } from '../../lang/run.ts'
import { type Case, counter } from './naive.ts'
import { viewOf } from './naive-store.ts'
import type { LaidOut } from './print.ts'
import { randomCases } from './random-tree.ts'
import { render } from './spelling.ts'

/** What a program gives on the case within so much cost; null: it fails. `exceeded`: by its cost. */
function run(text: string, { state, parameters, nowMs }: Case, costMax: number): RunResult | 'exceeded' | null {
  try {
    return compile(text).run(viewOf(state), parameters, { nowMs, uuid: counter(), costMax })
  } catch (error) {
    if (!(error instanceof LanguageError)) throw error
    return error.limit?.name === 'costMax' ? 'exceeded' : null
  }
}

/** Calls `judge` with programs that end well; says how many. */
function judged(
  judge: (given: Case & LaidOut, text: string, explanation: Explanation, result: RunResult) => void,
): number {
  let count = 0
  fc.assert(
    fc.property(randomCases(false), (given) => {
      const text = render(given.tokens, null)
      const result = compiles(text) ? run(text, given, Number.POSITIVE_INFINITY) : null
      if (result === null || result === 'exceeded') return
      count += 1
      judge(given, text, explain(text), result)
    }),
    { numRuns: 300 },
  )
  return count
}

function compiles(text: string): boolean {
  try {
    compile(text)
    return true
  } catch (error) {
    if (error instanceof LanguageError) return false
    throw error
  }
}

function keysOf({ keys, parameters }: KeySet, given: Case): ReadonlySet<unknown> {
  return new Set([...keys, ...parameters.map((name) => given.parameters.get(name))])
}

test('no execution writes or shows a key that the explanation rules out', () => {
  const count = judged((given, _text, { canWrite, reads, writes }, result) => {
    if (!canWrite) expect(result.writes.size).toBe(0)
    if (!writes.computed) for (const key of result.writes.keys()) expect(keysOf(writes, given)).toContain(key)
    if (!reads.computed) for (const key of result.reads.keys()) expect(keysOf(reads, given)).toContain(key)
  })
  expect(count).toBeGreaterThan(40)
})

test('no execution costs less than the least', () => {
  const count = judged((given, text, { cost }) => {
    if (cost.least > 0) expect(run(text, given, cost.least - 1)).toBe('exceeded')
  })
  expect(count).toBeGreaterThan(40)
})

test('none costs more than the most, where its values cost nothing', () => {
  let count = 0
  judged((given, text, { cost }) => {
    const isSmall = given.literals.every((value) => typeof value !== 'string' || value.length < 10)
    if (cost.most === null || !isSmall || /"type":"(list|map|call|path)"/.test(JSON.stringify(given.program))) return
    const empty = { ...given, state: { ...given.state, entries: new Map() }, parameters: new Map() }
    const parameters = [...given.parameters.keys()].map((name) => [name, name === 'k' ? 'a' : null] as const)
    const result = run(text, { ...empty, parameters: new Map(parameters) }, cost.most)
    expect(result).not.toBe('exceeded')
    if (result !== null) count += 1
  })
  expect(count).toBeGreaterThan(0)
})
