import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compile, LanguageError, limits } from '../../lang/index.ts'
import { errorOf } from '../../lang/testing/errors.ts'
import { Memory } from '../../lang/testing/memory.ts'
import { type Choices, chosen } from './choices.ts'
import { filled, nests } from './extremes.ts'
import { changes, mutated } from './mutate.ts'
import { randomCase } from './random-tree.ts'

/** An error that needs more than a screen is no help. */
const MESSAGE_UNITS_MAX = 600

/** True if the text runs, or is refused with an error of the language; throws whatever else is thrown. */
function runs(text: string, stack = 0): boolean {
  if (stack > 0) return runs(text, stack - 1)
  try {
    new Memory().run(text)
  } catch (error) {
    if (!(error instanceof LanguageError)) throw error
    expect(error.message.length).toBeLessThanOrEqual(MESSAGE_UNITS_MAX)
  }
  return true
}

describe('a text too deeply nested', () => {
  test.each(nests)('is refused, and one at the bound is not: %s', (_name, { nest, levels }) => {
    const most = Math.floor(limits.nestingMax / levels)
    compile(nest(most))
    for (const depth of [most + 1, 200, 4_000]) {
      const error = errorOf(() => compile(nest(depth)))
      expect(error).toMatchObject({ code: 'limit_exceeded', limit: { name: 'nestingMax' } })
    }
    // By its nesting or by its size.
    expect(errorOf(() => compile(nest(10_000))).code).toBe('limit_exceeded')
  })

  test.each([
    ['negated keys', '!get(', '"a"', ')'],
    ['negations and parentheses', '!(', 'true', ')'],
    ['negations of keys that are mixed with sums', '!!!get("a"+', '"a"', ')'],
    ['many negations before each parenthesis', `${'!'.repeat(60)}get (`, '"a"', ')'],
    ['unclosed brackets of all kinds', '([{', '', ''],
    ['brackets that close too often', ')]}!', '', ''],
    ['blocks and expressions', 'if (!(get ("a" + get ("b")) == "c")) {', '', '}'],
    ['scans behind scans in parentheses', 'scan (scan a after ', 'a', ')'],
    ['scans, signs and brackets', '-scan a limit -a[', '0', ']'],
    ['maps in maps by computed keys', '{("a"): {"b": ', '0', '}}'],
    ['words that are members', 'a.scan.get[a.if.for(', '', ')]'],
  ])('is answered at every depth: %s', (_name, open, middle, close) => {
    for (const prefix of ['', 'x = ']) {
      for (const depth of [1, 2, 3, 7, 15, 16, 20, 21, 31, 32, 33, 63, 64, 65, 70]) {
        runs(`${prefix}${open.repeat(depth)}${middle}${close.repeat(depth)};`)
      }
      runs(prefix + open.repeat(900) + middle + close.repeat(900))
    }
  })

  test('does not overflow the stack of a caller that has used some of it', () => {
    for (const [, { nest, levels }] of nests) {
      expect(runs(nest(Math.floor(limits.nestingMax / levels)), 1_000)).toBe(true)
    }
  })
})

describe('a text of the largest size', () => {
  test('runs its thousands of statements', { timeout: 120_000 }, () => {
    const store = new Memory()
    store.run(`put "n" "";${'put "n" get "n" + "x";'.repeat(1_000)}`)
    expect(store.get('n')?.value).toBe('x'.repeat(1_000))
    expect(store.get('n')?.version).toBe(1_000)
  })

  test('is bounded in bytes, and nothing beyond is read', () => {
    for (const text of [
      `x = "${'a'.repeat(2 ** 20)}";`,
      `x = ${'1'.repeat(2 ** 20)};`,
      `x = 1.${'1'.repeat(2 ** 20)};`,
      `${'x'.repeat(2 ** 20)} = 1;`,
      ' '.repeat(2 ** 24),
      `"${'é'.repeat(limits.programBytesMax / 2)}"`,
    ]) {
      const startMs = performance.now()
      expect(errorOf(() => compile(text))).toMatchObject({ code: 'limit_exceeded', limit: { name: 'programBytesMax' } })
      expect(performance.now() - startMs).toBeLessThan(1_000)
    }
  })

  test.each([
    ['an int', filled('x = ', '9', ';')],
    ['a float', `x = ${filled('1.', '9', '')};`.slice(0, limits.programBytesMax - 1)],
    ['an exponent', filled('x = 1e', '9', ';')],
    ['a name', filled('', 'x', '')],
    ['a parameter', filled('$', 'x', '')],
    ['a member', filled('x = {}.', 'x', ';')],
    ['an unknown function', filled('x = ', 'x', '();')],
    ['a key', filled('get "', 'x', '";')],
    ['an unclosed string', filled('get "', '😀', '')],
    ['an unclosed comment', filled('/*', '*', '')],
    ['one line before an error', filled('', ' ', ';;')],
    ['signs', filled('', '?', '')],
  ])('is refused in few words, be it one long token: %s', (_name, text) => {
    expect(runs(text)).toBe(true)
  })
})

describe('nonsense', () => {
  const unit = (choices: Choices) =>
    String.fromCharCode(choices.pick([choices.below(128), choices.below(65_536), 0xd800]))

  test('is answered, be it any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => runs(text) && runs(`put "k" "${text}";`)),
      { numRuns: 500 },
    )
  })

  test('is answered, be it UTF-16 units or bytes', () => {
    const units = chosen((choices) => choices.list(60, () => unit(choices)).join(''))
    fc.assert(
      fc.property(units, (text) => runs(text) && runs(`put "k" "${text}";`) && runs(`/*${text}*/ get "k";`)),
      { numRuns: 500 },
    )
    const bytes = fc.uint8Array({ maxLength: 100 }).map((data) => Buffer.from(data))
    fc.assert(
      fc.property(bytes, (data) => runs(data.toString('latin1')) && runs(data.toString('utf8'))),
      { numRuns: 500 },
    )
  })

  test("is answered, be it of the language's own tokens", { timeout: 120_000 }, () => {
    const token = fc.constantFrom(
      ...['get', 'put', 'if', 'else', 'for', 'in', 'return', 'abort', 'exists', 'version', 'scan', 'after', 'limit'],
      ...['true', 'null', 'delete', 'x', '__proto__', 'len', '$p', '$', '"a"', '"', '"\\ud800"', '"\\u0000"', '\\'],
      ...['=', '==', '!', '!=', '<', '<=', '&&', '||', '??', '?', '+', '-', '*', '/', '%', '.', ',', ':', ';', ';'],
      ...['(', ')', '{', '}', '[', ']', '//', '/*', '*/', '\n', '1', '0', '1.5', '1e999', '9223372036854775808', '01'],
    )
    const soup = fc.array(token, { maxLength: 30 })
    fc.assert(
      fc.property(soup, (tokens) => runs(tokens.join(' ')) && runs(tokens.join(''))),
      { numRuns: 800 },
    )
  })

  test('is answered, be it a program with a piece missing, doubled or changed', { timeout: 120_000 }, () => {
    const changed = chosen((choices) => {
      const { tokens } = randomCase(choices, true, 20)
      const once = mutated(choices, tokens, choices.pick(changes))
      return choices.chance(50) ? once : mutated(choices, once.split(' '), choices.pick(changes))
    })
    fc.assert(
      fc.property(changed, (text) => runs(text)),
      { numRuns: 800 },
    )
  })

  test('is answered, be it a key, a name or a parameter that objects have', () => {
    for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf', 'then']) {
      const store = new Memory()
      const text = `${name} = $${name}; put "${name}" {${name}: ${name}, "a": ${name}}; return get "${name}";`
      expect(store.run(text, Object.fromEntries([[name, 1n]])).value).toEqual(
        new Map(['a', name].sort().map((key) => [key, 1n])),
      )
      expect(errorOf(() => compile(`x = ${name}();`)).code).toBe('unknown_name')
      expect(errorOf(() => compile(`x = ${name};`)).code).toBe('unknown_name')
      expect(errorOf(() => new Memory().run('', Object.fromEntries([[name, 1n]]))).code).toBe('unknown_parameter')
      expect(new Memory().run(`return {}.${name};`).value).toBeNull()
    }
  })

  test('is answered, be it a key of any kind', () => {
    for (const key of ['\u0000', 'a\u0000', 'k'.repeat(1_025), 'é'.repeat(513), '']) {
      const literal = JSON.stringify(key)
      for (const text of [
        `get ${literal};`,
        `put ${literal} 1;`,
        `x = ${literal}; delete x;`,
        `x = version (${literal} + "");`,
      ]) {
        expect(errorOf(() => new Memory().run(text)).code).toBe('invalid_key')
      }
      expect(errorOf(() => new Memory().run('get $k;', { k: key })).code).toBe('invalid_key')
    }
    const longest = 'é'.repeat(512)
    expect(new Memory().run('put $k 1; return exists $k;', { k: longest }).value).toBe(true)
  })
})
