import { describe, expect, test } from 'vitest'
import { LanguageError, type ParseJob, type Program, ProgramCache, parseShape } from './index.ts'
import { errorOf } from './testing/errors.ts'
import { Memory } from './testing/memory.ts'

const text = (name: string): string => `put "${name}" "x";`

/** Many tokens. */
const large = (value: string): string => `${'x = "a" + "b"; '.repeat(100)}put "k" "${value}";`

function jobOf(prepared: Program | ParseJob): ParseJob {
  if ('run' in prepared) throw new Error('it was parsed here')
  return prepared
}

function written(program: Program): unknown {
  return [...program.run(new Memory(), new Map()).writes]
}

describe('a shape', () => {
  test('is parsed once for all texts that have it', () => {
    const cache = new ProgramCache(2 ** 20)
    expect(written(cache.compile(text('a')))).toEqual([['a', { value: 'x', version: 0 }]])
    expect(written(cache.compile('put   "b" /* other */ "y";'))).toEqual([['b', { value: 'y', version: 0 }]])
    expect(cache.stats).toMatchObject({ textHits: 0, shapeHits: 1, misses: 1, shapes: 1 })
  })

  test('keeps nothing of a literal: neither its value nor what is wrong with it', () => {
    const cache = new ProgramCache(2 ** 20)
    expect(() => cache.compile('put "" 1;')).toThrow('a key must not be empty (line 1, column 5)')
    expect(written(cache.compile('put "a" 2;'))).toEqual([['a', { value: 2n, version: 0 }]])
    expect(() => cache.compile('\nput "" 1;')).toThrow('a key must not be empty (line 2, column 5)')
    expect(cache.stats).toMatchObject({ shapeHits: 2, misses: 1 })
  })

  test('differs by the kinds of its literals', () => {
    const cache = new ProgramCache(2 ** 20)
    for (const value of ['1', '1.0', '"1"', 'null', '-1', '$p']) cache.compile(`put "a" ${value};`)
    expect(cache.stats).toMatchObject({ shapeHits: 0, misses: 6 })
  })
})

describe('a text', () => {
  test('is not even scanned from its third use on', () => {
    const cache = new ProgramCache(2 ** 20)
    cache.compile(text('a'))
    const second = cache.compile(text('a'))
    expect(cache.compile(text('a'))).toBe(second)
    expect(cache.stats).toMatchObject({ textHits: 1, shapeHits: 1, misses: 1 })
  })

  test('that does not compile is not remembered', () => {
    const cache = new ProgramCache(2 ** 20)
    for (let attempt = 0; attempt < 2; attempt++) expect(() => cache.compile('put')).toThrow(LanguageError)
    expect(cache.stats).toMatchObject({ textHits: 0, shapes: 0 })
  })
})

describe('a shape that is no program', () => {
  const wrong = (value: string) => `${large('x')} put "a" "${value}" +;`

  test('is remembered, with what is wrong with it, for every text that has it', () => {
    const cache = new ProgramCache(2 ** 20)
    const job = jobOf(cache.prepare(wrong('one')))
    const outcome = parseShape(job)
    expect(() => cache.finish(wrong('one'), job, outcome)).toThrow(LanguageError)
    const column = wrong('').indexOf('+;') + 2
    for (const value of ['one', '', 'another']) {
      const position = { line: 1, column: column + value.length }
      expect(errorOf(() => cache.prepare(wrong(value)))).toMatchObject({ code: 'syntax_error', position })
    }
    expect(cache.stats).toMatchObject({ misses: 1, shapeHits: 3, shapes: 0 })
  })

  test('is remembered where a name is wrong, and where the parser is here', () => {
    const cache = new ProgramCache(2 ** 20)
    for (const name of ['1', '2', '3']) {
      expect(() => cache.compile(`put "${name}" nobody;`)).toThrow('"nobody" is assigned nowhere')
    }
    expect(cache.stats).toMatchObject({ misses: 1, shapeHits: 2, shapes: 0 })
  })

  test('takes no more than a small part of the room, and none of that of programs', () => {
    const cache = new ProgramCache(2 ** 20)
    cache.compile(text('a'))
    const { bytes } = cache.stats
    for (let number = 0; number < 1_000; number++) {
      expect(() => cache.compile(`x = ${'y+'.repeat(40)};${'z=1;'.repeat(number % 8)} n${number} = ;`)).toThrow()
    }
    expect(cache.stats.bytes - bytes).toBeGreaterThan(0)
    expect(cache.stats.bytes - bytes).toBeLessThanOrEqual(0.05 * 2 ** 20)
    const { misses } = cache.stats
    cache.compile(text('b'))
    expect(cache.stats).toMatchObject({ misses, shapes: 1 })
  })
})

describe('the room', () => {
  test('is made by what is unused the longest', () => {
    const cache = new ProgramCache(32_000)
    for (let number = 0; number < 40; number++) {
      cache.compile(`${'n'.repeat(number + 1)} = 1;`)
      cache.compile(`first = ${number};`)
    }
    const { misses } = cache.stats
    expect(misses).toBe(41)
    cache.compile('first = 99;')
    expect(cache.stats.misses).toBe(misses)
    cache.compile('n = 2;')
    expect(cache.stats.misses).toBe(misses + 1)
    expect(cache.stats.bytes).toBeLessThanOrEqual(32_000)
  })

  test('is not needed: a program larger than all of it is compiled, and not kept', () => {
    const cache = new ProgramCache(0)
    for (let time = 0; time < 3; time++) expect(written(cache.compile(text('a')))).toHaveLength(1)
    expect(cache.stats).toMatchObject({ misses: 3, shapes: 0, bytes: 0 })
  })
})

describe('a large new shape', () => {
  test('is a job for another thread, whose outcome gives the program and is remembered', () => {
    const cache = new ProgramCache(2 ** 20)
    const job = jobOf(cache.prepare(large('one')))
    // It can be posted.
    const outcome = structuredClone(parseShape(structuredClone(job)))
    expect(written(cache.finish(large('one'), job, outcome))).toEqual([['k', { value: 'one', version: 0 }]])
    expect(written(cache.finish(large('two'), job, outcome))).toEqual([['k', { value: 'two', version: 0 }]])
    expect(cache.prepare(large('three'))).toHaveProperty('run')
    expect(cache.stats).toMatchObject({ misses: 1, shapeHits: 2 })
  })

  test('that is no program is told at the place of the text that was sent', () => {
    const cache = new ProgramCache(2 ** 20)
    const wrong = `${large('one')}\n  put;`
    const job = jobOf(cache.prepare(wrong))
    const outcome = parseShape(job)
    expect(() => cache.finish(wrong, job, outcome)).toThrow(
      expect.objectContaining({ position: { line: 2, column: 6 } }),
    )
  })

  test('is never taken for that of another text', () => {
    const cache = new ProgramCache(2 ** 20)
    const job = jobOf(cache.prepare(large('one')))
    expect(() => cache.finish(text('a'), job, parseShape(job))).toThrow('the tree of another shape')
  })

  test('is parsed here by compile', () => {
    expect(written(new ProgramCache(2 ** 20).compile(large('one')))).toHaveLength(1)
  })
})
