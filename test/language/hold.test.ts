import { describe, expect, test } from 'vitest'
import { LanguageError, limits, type ParseJob, type Program, ProgramCache, parseShape } from '../../lang/index.ts'
import { Memory } from '../../lang/testing/memory.ts'
import { filled, nests, sized } from './extremes.ts'

/**
 * How long one call may keep the thread: the aim is 20 ms on a machine that does nothing else; the bound leaves room for
 * slow and busy ones.
 */
const BOUND_MS = 400
const TRIES = 3

/** An error that needs more than a screen is no help. */
const MESSAGE_UNITS_MAX = 600

/** As many tokens as are parsed at once, of kinds that the parser finds costly. */
const parsedAtOnce: readonly (readonly [string, string])[] = [
  ['statements', 'a=1;'.repeat(24)],
  ['a sum that breaks off', `a=${'1+'.repeat(48)}`],
  ['a list that is not closed', `a=[${'1,'.repeat(48)}`],
  ['negations that break off', `a=${'!'.repeat(60)}`],
  ['lists in lists', `a=${'['.repeat(47)}${']'.repeat(47)};`],
  ['brackets that are not closed', `a=${'('.repeat(60)}1`],
  ['maps that are not closed', `a=${'{a:'.repeat(32)}1`],
  ['computed keys that are not closed', `a=${'{('.repeat(32)}1`],
  ['scans that break off', `a=${'scan "a" after '.repeat(32)}`],
  ['conditions that are not closed', 'if a==1 {'.repeat(16)],
  ['calls that are not closed', `a=${'f('.repeat(47)}`],
]

const texts: readonly (readonly [string, string])[] = [
  ...sized,
  ...nests.map(([name, { nest, levels }]) => [`nested ${name}`, nest(Math.floor(limits.nestingMax / levels))] as const),
  ...parsedAtOnce.map(([name, text]) => [`${name}, parsed at once`, text] as const),
  ['a large string in a small program', filled('put "a" "', 'é', '"; put "b" 1;')],
]

/** The least of a few times: what other processes take does not count. `act` makes what it needs anew. */
function leastMs(act: () => () => unknown): number {
  const times = Array.from({ length: TRIES }, () => {
    const call = act()
    const startMs = performance.now()
    answer(call)
    return performance.now() - startMs
  })
  return Math.min(...times)
}

/** What the call gives; undefined if it is refused with an error of the language, in few words. */
function answer<T>(call: () => T): T | undefined {
  try {
    return call()
  } catch (error) {
    if (!(error instanceof LanguageError)) throw error
    expect(error.message.length).toBeLessThanOrEqual(MESSAGE_UNITS_MAX)
    return undefined
  }
}

function isJob(prepared: Program | ParseJob): prepared is ParseJob {
  return 'type' in prepared
}

const newCache = () => new ProgramCache(8_000_000)

describe('no text holds the thread for long', () => {
  const held: { readonly call: string; readonly ms: number }[] = []

  test.each(texts)('%s', { timeout: 120_000 }, (name, text) => {
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(limits.programBytesMax)
    // The first time warms up.
    const prepared = answer(() => newCache().prepare(text))
    const prepareMs = leastMs(() => {
      const cache = newCache()
      return () => cache.prepare(text)
    })
    held.push({ call: `prepare ${name}`, ms: prepareMs })
    expect(prepareMs).toBeLessThan(BOUND_MS)
    if (prepared === undefined) return
    if (!isJob(prepared)) {
      answer(() => prepared.run(new Memory(), new Map()))
      return
    }
    const outcome = parseShape(prepared)
    const program = answer(() => newCache().finish(text, prepared, outcome))
    const finishMs = leastMs(() => {
      const cache = newCache()
      return () => cache.finish(text, prepared, outcome)
    })
    held.push({ call: `finish ${name}`, ms: finishMs })
    expect(finishMs).toBeLessThan(BOUND_MS)
    answer(() => program?.run(new Memory(), new Map()))
  })

  test('the longest are these', () => {
    const worst = [...held].sort((a, b) => b.ms - a.ms).slice(0, 10)
    console.log(worst.map(({ call, ms }) => `${ms.toFixed(1).padStart(6)} ms  ${call}`).join('\n'))
    expect(worst.length).toBeGreaterThan(0)
  })
})
