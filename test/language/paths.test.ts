import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ProgramCache } from '../../lang/cache.ts'
import { LanguageError, TextFault } from '../../lang/errors.ts'
import { type ParseOutcome, parseDirectly, parseShape } from '../../lang/parse.ts'
import { compile, type Program } from '../../lang/program.ts'
import { scan } from '../../lang/scan.ts'
import { agree } from './agree.ts'
import { type Choices, chosen } from './choices.ts'
import { type Change, changes, mutated } from './mutate.ts'
import { counter } from './naive.ts'
import { viewOf } from './naive-store.ts'
import { type RandomCase, randomCase, randomCases } from './random-tree.ts'

const PRINTED = 2_500
const DIRECT = 500
const PAIRS_EACH = 150

/** Of programs in pairs: the grammar of record takes some 100 µs for each token of a wrong text. */
const SMALL = 18

/** What leaves many a program one. */
const HARMLESS: ReadonlySet<Change> = new Set(['literal', 'kind', 'sign', 'space', 'comment', 'joined'])

/** By way of the shape, as programs are parsed in earnest. */
function parse(text: string): ParseOutcome | 'refused' {
  return refusing(() => parseShape({ type: 'parse', shape: scan(text).shape }))
}

/** By the grammar of record, on the text itself. */
function parseByRecord(text: string): ParseOutcome | 'refused' {
  return refusing(() => parseDirectly(text))
}

/** `refused`: by the scanner, before there is anything to parse. */
function refusing(act: () => ParseOutcome): ParseOutcome | 'refused' {
  try {
    return act()
  } catch (error) {
    if (error instanceof TextFault) return 'refused'
    throw error
  }
}

/** Everything that a user sees of it. */
function seen(program: () => Program, { state, parameters, nowMs }: RandomCase): unknown {
  try {
    return program().run(viewOf(state), parameters, { nowMs, uuid: counter() })
  } catch (error) {
    if (!(error instanceof LanguageError)) throw error
    const { code, message, position, limit } = error
    return { code, message, position, limit }
  }
}

function expectSame(text: string, actual: unknown, expected: unknown): void {
  if (isDeepStrictEqual(actual, expected)) return
  expect({ text, is: actual }).toEqual({ text, is: expected })
  throw new Error(`not strictly equal: ${text}`)
}

describe('a text in whatever style', () => {
  const cache = new ProgramCache(4_000_000)

  test('has the tree and the literals that it was printed from, and does what that tree does', {
    timeout: 120_000,
  }, () => {
    fc.assert(
      fc.property(randomCases(true, 45), (given) => {
        const { text, program, literals } = given
        expectSame(text, scan(text).literals, literals)
        expectSame(text, parse(text), { type: 'tree', tree: program })
        agree(given, text, () => cache.compile(text))
      }),
      { numRuns: PRINTED },
    )
  })

  test('has the tree that the grammar of record gives', { timeout: 120_000 }, () => {
    fc.assert(
      fc.property(randomCases(true, 30), ({ text, program }) => {
        expectSame(text, parseByRecord(text), { type: 'tree', tree: program })
      }),
      { numRuns: DIRECT },
    )
  })
})

describe('of two programs that differ a little, the shape cache confuses nothing', () => {
  const cache = new ProgramCache(4_000_000)

  test.each(changes)('one thing %s', { timeout: 120_000 }, (change) => {
    const accepted = { parsed: 0, failed: 0, refused: 0 }
    const pairs = chosen((choices: Choices) => {
      const given = randomCase(choices, false, SMALL)
      return { given, text: given.tokens.join(' '), other: mutated(choices, given.tokens, change) }
    })
    fc.assert(
      fc.property(pairs, ({ given, text, other }) => {
        const outcome = parse(other)
        expectSame(other, outcome, parseByRecord(other))
        accepted[outcome === 'refused' ? 'refused' : outcome.type === 'tree' ? 'parsed' : 'failed'] += 1
        // Each may be the first of its shape, and each comes again when its shape is known.
        for (const each of [text, other, text, other]) {
          expectSame(
            each,
            seen(() => cache.compile(each), given),
            seen(() => compile(each), given),
          )
        }
      }),
      { numRuns: PAIRS_EACH },
    )
    if (HARMLESS.has(change)) expect(accepted.parsed).toBeGreaterThan(PAIRS_EACH / 10)
  })
})
