import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { DecreeError } from '../../client/index.ts'
import { describeError } from '../../client/output.ts'
import { compile, LanguageError, type LanguageErrorCode, type Limit, limits } from '../../lang/index.ts'
import { revisionOf } from './case.ts'
import { type Mistake, parseMistakes, record } from './messages.ts'

const FILE = new URL('./messages.txt', import.meta.url)
const RECORDED = readFileSync(FILE, 'utf8')
const MISTAKES = parseMistakes(RECORDED)

/** When a message is meant to be another: `npx vitest run test/conformance/messages.test.ts -u`, and read the difference. */
describe('the messages for mistakes', () => {
  it('are what is recorded', async () => {
    await expect(record(RECORDED, tellMistake)).toMatchFileSnapshot(fileURLToPath(FILE))
  })

  it('are more than eighty', () => {
    expect(MISTAKES.length).toBeGreaterThan(80)
  })

  it('are of every code, and of every limit', () => {
    const errors = MISTAKES.map(errorOf)
    const codes = new Set<string>(errors.map(({ code }) => code))
    for (const code of Object.keys(CODES)) expect(codes, 'in no mistake').toContain(code)
    const named = new Set<string>(errors.map(({ limit }) => limit?.name ?? ''))
    for (const name of Object.keys(limits) as Limit[]) {
      if (!(name in ELSEWHERE)) expect(named, 'in no mistake').toContain(name)
    }
  })

  it.each(MISTAKES)(
    '(line $line) are one sentence, of a length that fits, without what only we understand',
    (mistake) => {
      const [sentence = '', ...excerpt] = errorOf(mistake).message.split('\n')
      expect(sentence).toMatch(/^[^A-Z\s]|^(JSON|U\+)/)
      expect(sentence.length).toBeLessThanOrEqual(200)
      expect(sentence.replaceAll('"undefined"', '')).not.toMatch(/undefined|\[object|NaN|Infinity|\bslot\b|token \d/)
      for (const line of [...excerpt, ...tellMistake(mistake).split('\n').slice(2)]) {
        expect([...line].length).toBeLessThanOrEqual(110)
      }
    },
  )
})

const CODES: Record<LanguageErrorCode, true> = {
  syntax_error: true,
  unknown_name: true,
  type_error: true,
  overflow: true,
  division_by_zero: true,
  limit_exceeded: true,
  invalid_key: true,
  invalid_argument: true,
  missing_parameter: true,
  unknown_parameter: true,
}

/** The error about a key that is too long has a code of its own. */
const ELSEWHERE: Partial<Record<Limit, true>> = { keyBytesMax: true }

/** What the REPL shows. */
function tellMistake(mistake: Mistake): string {
  const { code, message, position } = errorOf(mistake)
  return `${code}\n${describeError(new DecreeError(code, message, { position }), mistake.program)}`
}

function errorOf({ line, program, before, parameters }: Mistake): LanguageError {
  try {
    const view = { revision: revisionOf(before), get: (key: string) => before.get(key), scan: () => [] }
    compile(program).run(view, parameters)
  } catch (error) {
    if (error instanceof LanguageError) return error
    throw error
  }
  throw new Error(`test/conformance/messages.txt:${line}: that is no mistake`)
}
