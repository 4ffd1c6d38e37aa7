import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compile, LanguageError, limits } from './index.ts'
import { errorOf } from './testing/errors.ts'
import { Memory } from './testing/memory.ts'

/** True if the text runs, or is refused with an error of the language; throws whatever else is thrown. */
function isAnswered(text: string, stack = 0): boolean {
  if (stack > 0) return isAnswered(text, stack - 1)
  try {
    new Memory().run(text)
  } catch (error) {
    if (!(error instanceof LanguageError)) throw error
    // An error that needs more than a screen is no help.
    expect(error.message.length).toBeLessThan(600)
  }
  return true
}

/** A program of nearly the largest size. */
function filled(before: string, unit: string, after: string): string {
  return before + unit.repeat(Math.floor((limits.programBytesMax - before.length - after.length) / unit.length)) + after
}

describe('a text too deeply nested', () => {
  const shapes: readonly [string, (depth: number) => string][] = [
    ['parentheses', (depth) => `x = ${'('.repeat(depth)}"a"${')'.repeat(depth)};`],
    ['negations', (depth) => `x = ${'!'.repeat(depth)}true;`],
    ['spaced negations', (depth) => `x = ${'! /**/\n'.repeat(depth)}true;`],
    ['computed keys', (depth) => `x = ${'get ('.repeat(depth)}"a"${')'.repeat(depth)};`],
    ['blocks', (depth) => `${'if!true{'.repeat(depth)}${'}'.repeat(depth)}`],
    ['else blocks', (depth) => `${'if true{}else{'.repeat(depth)}${'}'.repeat(depth)}`],
  ]

  test.each(shapes)('is refused, and one at the bound is not: %s', (_name, shape) => {
    compile(shape(limits.nestingMax))
    for (const depth of [limits.nestingMax + 1, 200, 4_000]) {
      expect(errorOf(() => compile(shape(depth)))).toMatchObject({
        code: 'limit_exceeded',
        limit: { name: 'nestingMax' },
      })
    }
    expect(errorOf(() => compile(shape(10_000))).code).toBe('limit_exceeded')
  })

  test.each([
    ['negated keys', '!get(', '"a"', ')'],
    ['negations and parentheses', '!(', 'true', ')'],
    ['negations of keys that are mixed with sums', '!!!get("a"+', '"a"', ')'],
    ['many negations before each parenthesis', `${'!'.repeat(60)}get (`, '"a"', ')'],
    ['unclosed brackets of all kinds', '([{', '', ''],
    ['brackets that close too often', ')]}!', '', ''],
    ['blocks and expressions', 'if (!(get ("a" + get ("b")) == "c")) {', '', '}'],
  ])('is answered at every depth: %s', (_name, open, middle, close) => {
    for (const prefix of ['', 'x = ']) {
      for (let depth = 1; depth <= 70; depth++)
        isAnswered(`${prefix}${open.repeat(depth)}${middle}${close.repeat(depth)};`)
      isAnswered(prefix + open.repeat(900) + middle + close.repeat(900))
    }
  })

  test('does not overflow the stack of a caller that has used some of it', () => {
    for (const [, shape] of shapes) expect(isAnswered(shape(limits.nestingMax), 1_000)).toBe(true)
  })
})

describe('a text of the largest size', () => {
  test.each([
    ['a sum', filled('a = "x"; b = ', 'a + ', 'a;')],
    ['a dense sum', filled('a=get "a";b=', 'a+', 'a;')],
    ['alternatives', filled('a = false; b = ', 'a || ', 'a;')],
    ['statements', filled('', 'a = "b";', '')],
    ['puts', filled('', 'put "a" "b";', '')],
    ['else ifs', filled('a = false; if a { }', ' else if a { }', '')],
    ['one string', filled('put "a" "', 'x', '";')],
    ['one escaped string', filled('put "a" "', '\\u0041', '";')],
    ['one comment', filled('/*', ' "', '*/')],
    ['white space', filled('', ' ', '')],
    ['names', filled('', 'a ', '')],
    ['an error at its end', filled('', 'put "a" "b";', ';')],
  ])(
    'is answered: %s',
    (_name, text) => {
      expect(isAnswered(text)).toBe(true)
    },
    60_000,
  )

  test('runs its thousands of statements', () => {
    const store = new Memory()
    store.run(`put "n" "";${'put "n" get "n" + "x";'.repeat(1_200)}`)
    expect(store.get('n')?.value).toBe('x'.repeat(1_200))
    expect(store.get('n')?.version).toBe(1_200)
  })

  test('is bounded in bytes, and nothing beyond is read', () => {
    for (const text of [
      `x = "${'a'.repeat(2 ** 20)}";`,
      ' '.repeat(2 ** 24),
      `"${'é'.repeat(limits.programBytesMax / 2)}"`,
    ]) {
      const startMs = performance.now()
      expect(errorOf(() => compile(text))).toMatchObject({ code: 'limit_exceeded', limit: { name: 'programBytesMax' } })
      expect(performance.now() - startMs).toBeLessThan(1_000)
    }
  })
})

describe('nonsense', () => {
  test('is answered, be it any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => isAnswered(text)),
      { numRuns: 500 },
    )
  })

  test('is answered, be it UTF-16 units or bytes', () => {
    const units = fc.array(fc.integer({ min: 0, max: 0xffff })).map((codes) => String.fromCharCode(...codes))
    fc.assert(
      fc.property(units, (text) => isAnswered(text) && isAnswered(`put "k" "${text}";`)),
      { numRuns: 300 },
    )
    const bytes = fc.uint8Array().map((data) => Buffer.from(data).toString('latin1'))
    fc.assert(
      fc.property(bytes, (text) => isAnswered(text)),
      { numRuns: 300 },
    )
  })

  test("is answered, be it of the language's own tokens", () => {
    const token = fc.constantFrom(
      ...['get', 'put', 'if', 'else', 'true', 'null', 'delete', 'x', '__proto__', '$p', '$', '"a"', '"', '"\\ud800"'],
      ...[
        '=',
        '==',
        '!',
        '!=',
        '&&',
        '||',
        '+',
        '(',
        ')',
        '{',
        '}',
        '[',
        ']',
        ';',
        '//',
        '/*',
        '*/',
        '\n',
        '1',
        '.',
        '\\',
      ],
    )
    const soup = fc.array(token, { maxLength: 40 }).map((tokens) => tokens.join(' '))
    fc.assert(
      fc.property(soup, (text) => isAnswered(text)),
      { numRuns: 1_500 },
    )
  })

  test('is answered, be it a program with a piece missing or doubled', () => {
    const program =
      'a = get "a"; if a == "x" || !(a != $p) { put ("k" + a) a + "b"; } else if true { put a null; } else { get a; }'
    const cut = fc.tuple(fc.nat(program.length), fc.nat(program.length), fc.nat(program.length))
    fc.assert(
      fc.property(cut, ([a, b, c]) => isAnswered(program.slice(0, a) + program.slice(b, c) + program.slice(c))),
      { numRuns: 500 },
    )
  })
})
