import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { agree, type Ending } from './agree.ts'
import { caseOf, examples } from './examples.ts'
import { naiveBuiltins } from './naive-builtins.ts'
import { randomOperations } from './random-operation.ts'
import { type RandomCase, randomCases } from './random-tree.ts'

const PROGRAMS = 100_000
const OPERATIONS = 40_000

/** How the cases ended: a test in which all failed early would prove little. */
function endings(cases: fc.Arbitrary<RandomCase>, count: number, seen?: (given: RandomCase) => void) {
  const counts = new Map<Ending, number>()
  const limit = Error.stackTraceLimit
  // Half of the programs end in an error; nobody looks where it was thrown.
  Error.stackTraceLimit = 0
  try {
    fc.assert(
      fc.property(cases, (given) => {
        const ending = agree(given)
        counts.set(ending, (counts.get(ending) ?? 0) + 1)
        if (ending === 'committed') seen?.(given)
      }),
      { numRuns: count },
    )
  } finally {
    Error.stackTraceLimit = limit
  }
  return (ending: Ending) => (counts.get(ending) ?? 0) / count
}

describe('the interpreter and a naive one agree', () => {
  test.each(examples.map((example) => [example.name, example] as const))(
    'on what was learned: %s',
    (_name, example) => {
      agree(caseOf(example))
    },
  )

  test('on random programs', { timeout: 300_000 }, () => {
    const share = endings(randomCases(false), PROGRAMS)
    expect(share('committed')).toBeGreaterThan(0.2)
    expect(share('wrote')).toBeGreaterThan(0.1)
    expect(share('aborted')).toBeGreaterThan(0.02)
    for (const code of ['type_error', 'invalid_argument', 'invalid_key', 'unknown_name', 'syntax_error'] as const) {
      expect(share(code)).toBeGreaterThan(0.01)
    }
    for (const code of ['overflow', 'division_by_zero', 'missing_parameter', 'unknown_parameter'] as const) {
      expect(share(code)).toBeGreaterThan(0.003)
    }
    expect(share('skipped')).toBeLessThan(0.001)
  })

  test('on single operations, of every kind', { timeout: 120_000 }, () => {
    const succeeded = new Set<string>()
    const share = endings(randomOperations, OPERATIONS, ({ tokens }) => {
      for (const token of tokens) succeeded.add(token)
    })
    expect(share('committed')).toBeGreaterThan(0.4)
    const signs = ['==', '!=', '<', '<=', '>', '>=', '+', '-', '*', '/', '%', '??', '&&', '||', '[']
    for (const name of [...naiveBuiltins.keys(), ...signs]) expect(succeeded).toContain(name)
  })
})
