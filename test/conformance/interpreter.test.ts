import { describe, expect, it } from 'vitest'
import {
  compareKeys,
  compile,
  LanguageError,
  limits,
  type Program,
  ProgramCache,
  type ProgramView,
} from '../../lang/index.ts'
import { type Account, type Case, type Entry, expectedAccount, type Refusal, revisionOf, tell } from './case.ts'
import { readCases } from './read-cases.ts'

const NOW_MS = 1_700_000_000_000
const TOPICS = readCases()
/** One for all cases: their texts and shapes meet in it. */
const CACHE = new ProgramCache(1024 * 1024)

describe.each([...TOPICS])('on the interpreter, %s:', (_, cases) => {
  it.each(cases)('$title', (each) => {
    const expected = tell(expectedAccount(each))
    expect(tell(account(each, compile)), each.place).toBe(expected)
    // Twice: a text that is new to it, then one that it knows.
    for (let time = 1; time <= 2; time += 1) {
      expect(tell(account(each, (text) => CACHE.compile(text))), `${each.place}, from the cache`).toBe(expected)
    }
  })
})

it('the cases are more than 280', () => {
  expect([...TOPICS.values()].flat().length).toBeGreaterThan(280)
})

/** What happens when the case's program is compiled and run. */
function account({ before, parameters, program: text }: Case, compiler: (text: string) => Program): Account {
  const revision = revisionOf(before)
  const refused = (type: Refusal['type'], error: unknown): Account => {
    const outcome = refusal(type, error)
    return { outcome, reads: new Map(), revision, writes: new Map(), state: before }
  }
  let program: Program
  try {
    program = compiler(text)
  } catch (error) {
    return refused('uncompiled', error)
  }
  try {
    const result = program.run(view(before), parameters, { nowMs: NOW_MS, uuid: uuids() })
    const { status, value, reads, writes } = result
    if (writes.size > 0) expect(program.canWrite).toBe(true)
    const written = expectedAccount({ before, writes } as Case)
    return { ...written, outcome: { type: status, value }, reads, writes }
  } catch (error) {
    return refused('failed', error)
  }
}

function refusal(type: Refusal['type'], error: unknown): Refusal {
  if (!(error instanceof LanguageError)) throw error
  const { code, position, limit, message } = error
  const place = position === undefined ? '' : ` (line ${position.line}, column ${position.column})`
  expect(message.split('\n')[0], 'the first line ends in the place').toContain(place)
  if (limit !== undefined) {
    expect(limit.asked).toBeGreaterThan(limit.bound)
    expect(limit.bound).toBe(limits[limit.name])
    expect(message).toContain(limit.name)
  }
  return { type, code, limit: limit?.name ?? null, position: position ?? null }
}

function view(before: ReadonlyMap<string, Entry>): ProgramView {
  const keys = [...before.keys()].sort(compareKeys)
  return {
    revision: revisionOf(before),
    get: (key) => before.get(key),
    *scan(prefix, after) {
      for (const key of keys) {
        const entry = before.get(key)
        if (entry !== undefined && key.startsWith(prefix) && compareKeys(key, after) > 0) yield [key, entry]
      }
    },
  }
}

function uuids(): () => string {
  let count = 0
  return () => {
    count += 1
    return `00000000-0000-4000-8000-${String(count).padStart(12, '0')}`
  }
}
