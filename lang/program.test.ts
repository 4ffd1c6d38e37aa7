import { describe, expect, test } from 'vitest'
import { compile, LanguageError, limits, type Value } from './index.ts'
import { errorOf } from './testing/errors.ts'
import { Memory } from './testing/memory.ts'

function stored(expression: string, parameters: Readonly<Record<string, Value>> = {}): Value | undefined {
  return new Memory().run(`put "k" ${expression};`, parameters).writes.get('k')?.value
}

describe('expressions', () => {
  test.each<[string, Value]>([
    ['"a" + "b" == "ab"', true],
    ['"a" == "b" || "a" == "a" && "c" == "c"', true],
    ['true || false && false', true],
    ['(true || false) && false', false],
    ['!true || true', true],
    ['!(true || true)', false],
    ['!true == false', true],
    ['"a" != "b" + "c"', true],
    ['null + "x" + null', 'x'],
    ['get "absent" + "b"', 'b'],
    ['get("a" + "b") == null', true],
    ['true == "true"', false],
  ])('%s is %s', (expression, value) => {
    expect(stored(expression)).toBe(value)
  })

  test('comments and line breaks may stand between tokens, and strings may hold line breaks', () => {
    expect(stored('/* one " */ "a\nb" // "two"\n + /**/ "c"')).toBe('a\nbc')
  })

  test('&& and || evaluate their right side only if needed', () => {
    const store = new Memory()
    store.run('put "k" "v";')
    const { reads } = store.run('n = "k"; a = false && get (n) == "v"; b = true || get (n) == "v";')
    expect(reads.size).toBe(0)
    expect(stored('true || null')).toBe(true)
    expect(errorOf(() => stored('false || null')).code).toBe('type_error')
  })

  test.each(['if "yes" { }', 'x = !null;', 'x = "a" && true;', 'x = true && "a";', 'x = false || "a";'])(
    'a condition that is no bool is an error: %s',
    (text) => {
      expect(errorOf(() => new Memory().run(text)).code).toBe('type_error')
    },
  )

  test('a variable that this run has not assigned is null', () => {
    expect(new Memory().run('if false { x = "a"; } put "k" x == null;').writes.get('k')?.value).toBe(true)
  })

  test('the first branch whose condition holds is taken', () => {
    const text =
      'if $a { put "k" "a"; } else if $b { put "k" "b"; } else if true { put "k" "c"; } else { put "k" "d"; }'
    const taken = (a: boolean, b: boolean) => new Memory().run(text, { a, b }).writes.get('k')?.value
    expect([taken(true, true), taken(false, true), taken(false, false)]).toEqual(['a', 'b', 'c'])
  })
})

describe('keys', () => {
  test('a name in key position reads the variable', () => {
    const store = new Memory()
    store.run('k = "the key"; put k ("v"); put ($p) k;', { p: 'q' })
    expect(store.show('k = "the" + " key"; get k; get "q";')).toBe('result: {"q": "the key", "the key": "v"}')
  })

  test.each(['""', '"a\\u0000b"', `"${'k'.repeat(1025)}"`, `"${'é'.repeat(513)}"`, '("")', '(null)', '(true)'])(
    'a literal key that is not valid does not compile: %s',
    (key) => {
      expect(errorOf(() => compile(`if false { get ${key}; }`)).code).toBe('invalid_key')
    },
  )

  test.each(['x', '(x + x)', '$p'])('a key that is not valid stops the program: %s', (key) => {
    for (const p of ['', '\0', 'k'.repeat(1025), true, 1n, null]) {
      const text = `put "before" "x"; x = $p; get ${key};`
      expect(errorOf(() => new Memory().run(text, { p: p === true || p === 1n ? [p] : p })).code).toBe('invalid_key')
    }
  })

  test('keys of the largest size are valid, and so are names of properties', () => {
    const store = new Memory()
    for (const key of ['é'.repeat(512), '__proto__', 'constructor', 'toString', ' ']) {
      store.run('put $k $k;', { k: key })
      expect([...store.run('get $k;', { k: key }).reads]).toEqual([[key, key]])
    }
    expect(store.show('get "__proto__"; get "hasOwnProperty";')).toBe('result: {"__proto__": "__proto__"}')
    expect(new Memory().run('__proto__ = "a"; constructor = __proto__; put "k" constructor;').writes.size).toBe(1)
  })
})

describe('reads', () => {
  const filled = () => {
    const store = new Memory()
    store.run('put "a" "1"; put "b" "2"; put "c" "3";')
    return store
  }

  test('hold each key once, in code point order', () => {
    const store = new Memory()
    const keys = ['z', '\ue000', '😀', 'a', 'ab', 'é']
    for (const key of keys) store.run('put $k "v";', { k: key })
    const text = `${keys.map((_, index) => `get $k${index}; get $k${index};`).join('')}`
    const parameters = Object.fromEntries(keys.map((key, index) => [`k${index}`, key]))
    expect([...store.run(text, parameters).reads.keys()]).toEqual(['a', 'ab', 'z', 'é', '\ue000', '😀'])
  })

  test('hold the value before, also when it is overwritten or deleted first', () => {
    const text = 'put "a" "new"; get "a"; put "b" null; get "b"; x = "c"; put x "new"; get x;'
    expect(Object.fromEntries(filled().run(text).reads)).toEqual({ a: '1', b: '2', c: '3' })
  })

  test('hold literal and parameter keys of branches not taken, and computed keys only if they ran', () => {
    const text = 'x = "c"; if false { get "a"; y = get $p; get x; get ("" + "c"); }'
    expect(Object.fromEntries(filled().run(text, { p: 'b' }).reads)).toEqual({ a: '1', b: '2' })
    expect(Object.fromEntries(filled().run(`${text} get x;`, { p: 'b' }).reads)).toEqual({ a: '1', b: '2', c: '3' })
  })

  test('leave out keys that are put and not read, absent keys and tombstones', () => {
    const store = filled()
    store.run('put "b" null;')
    expect(store.run('put "a" "x"; get "b"; get "absent";').reads.size).toBe(0)
  })
})

describe('writes', () => {
  test('are what the keys hold after, with the number of puts since the creating one', () => {
    const store = new Memory()
    expect(store.run('put "k" "a";').writes.get('k')).toEqual({ value: 'a', version: 0 })
    expect(store.run('put "k" "b"; put "k" "c";').writes.get('k')).toEqual({ value: 'c', version: 2 })
    expect(store.run('put "k" null;').writes.get('k')).toEqual({ value: null, version: 0 })
    expect(store.run('put "k" "d"; put "k" "e";').writes.get('k')).toEqual({ value: 'e', version: 1 })
    expect(store.run('put "k" null; put "k" "f"; put "k" "g";').writes.get('k')).toEqual({ value: 'g', version: 1 })
  })

  test('hold no key that was absent before and is absent after', () => {
    const store = new Memory()
    expect(store.run('put "k" null;').writes.size).toBe(0)
    expect(store.run('put "k" "a"; put "k" null;').writes.size).toBe(0)
    store.run('put "k" "a";')
    store.run('put "k" null;')
    expect(store.run('put "k" "a"; put "k" null; put "k" null;').writes.size).toBe(0)
    expect(store.run('put "k" "a"; put "k" null; put "k" "b";').writes.get('k')).toEqual({ value: 'b', version: 0 })
  })

  test('are seen by later gets of the program', () => {
    const store = new Memory()
    const { writes } = store.run('put "a" "1"; put "b" get "a" + "2"; put "a" null; put "c" get "a" == null;')
    expect(Object.fromEntries(writes)).toEqual({ b: { value: '12', version: 0 }, c: { value: true, version: 0 } })
  })

  test('are promised by canWrite, also in branches that are never taken', () => {
    expect(compile('get "a"; x = "put";').canWrite).toBe(false)
    expect(compile('if false { if false { put "a" "b"; } }').canWrite).toBe(true)
  })
})

describe('parameters', () => {
  test('are known by name', () => {
    expect([...compile('put $b $a; if false { get $if; }').parameters].sort()).toEqual(['a', 'b', 'if'])
  })

  test('that the text names must be given, and no others', () => {
    const missing = errorOf(() => new Memory().run('get "a";\nx = $p;'))
    expect(missing).toMatchObject({ code: 'missing_parameter', position: { line: 2, column: 5 } })
    const unknown = errorOf(() => new Memory().run('get "a";', { p: 'x' }))
    const message = 'the program names no parameter $p; it names none'
    expect(unknown).toMatchObject({ code: 'unknown_parameter', message })
  })

  test('are checked without a run in the words of a run', () => {
    const text = 'put "a" $p;'
    const program = compile(text)
    program.checkNames(new Map([['p', 1n]]))
    for (const given of [
      new Map(),
      new Map([
        ['p', 1n],
        ['q', 2n],
      ]),
    ]) {
      const { code, message, position } = errorOf(() => program.checkNames(given))
      const said = errorOf(() => program.run(new Memory(), given))
      expect({ code, message, position }).toEqual({ code: said.code, message: said.message, position: said.position })
    }
  })

  const many = Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`parameter${index}`, 1n]))

  test.each<[string, Readonly<Record<string, Value>>, string]>([
    [
      'get $user;',
      { usr: 'a', a: 1n },
      'the parameter $user is not given; $usr was given, which the program does not name (line 1, column 5)',
    ],
    [
      'return $user;',
      { a: 1n, b: 2n },
      'the parameter $user is not given; $a and $b were given, which the program does not name (line 1, column 8)',
    ],
    [
      'return [$user, $a];',
      { a: 1n, name: 2n },
      'the parameter $user is not given; $name was given, which the program does not name (line 1, column 9)',
    ],
    ['return [$name, $age];', { name: 1n, age: 2n, nmae: 3n }, 'the program names no parameter $nmae; it names $name'],
    ['return [$a, $b];', { a: 1n, b: 2n, other: 3n }, 'the program names no parameter $other; it names $a and $b'],
    [
      'return $user;',
      many,
      'the parameter $user is not given; $parameter0, $parameter1 and 58 more were given, which the program does not name (line 1, column 8)',
    ],
  ])('of %s with %o: what is wrong is said', (text, parameters, message) => {
    expect(errorOf(() => new Memory().run(text, parameters)).message).toBe(message)
  })

  test.each<[string, Value]>([
    ['null', null],
    ['bool', false],
    ['int', -(2n ** 63n)],
    ['float', 1.5],
    ['string', 'x" + "y'],
    ['bytes', new Uint8Array([0, 255])],
    ['list', [1n, [null]]],
    ['map', new Map<string, Value>([['__proto__', 1n]])],
  ])('may be of type %s', (_type, value) => {
    expect(stored('$p', { p: value })).toEqual(value === null ? undefined : value)
  })

  test('come in the one form that values have', () => {
    const map = stored('$p', {
      p: new Map<string, Value>([
        ['😀', [-0]],
        ['\ue000', 1n],
      ]),
    })
    expect([...(map as ReadonlyMap<string, Value>)]).toEqual([
      ['\ue000', 1n],
      ['😀', [0]],
    ])
  })

  test.each<[string, unknown]>([
    ['a lone surrogate', '\ud800'],
    ['a lone surrogate in a map key', new Map([['\udc00', 1n]])],
    ['an int beyond 64 bits', 2n ** 63n],
    ['a float that is not finite', [Number.NaN]],
    ['undefined', undefined],
    ['a hole', new Array(1)],
    ['a plain object', { a: 1n }],
    ['a function', () => null],
  ])('must be values: not %s', (_what, value) => {
    expect(errorOf(() => stored('$p', { p: value as Value })).code).toBe('invalid_argument')
  })
})

describe('limits', () => {
  const limitOf = (act: () => unknown): string | undefined => {
    const error = errorOf(act)
    expect(error.code).toBe('limit_exceeded')
    expect(error.limit?.bound).toBeLessThan(error.limit?.asked ?? 0)
    return error.limit?.name
  }
  const large = 'x'.repeat(limits.valueBytesMax - 100)

  test('name what was exceeded', () => {
    expect(limitOf(() => stored('$p', { p: 'x'.repeat(limits.valueBytesMax) }))).toBe('valueBytesMax')
    expect(limitOf(() => stored('$p + $p', { p: large }))).toBe('valueBytesMax')
    expect(limitOf(() => stored('$p', { p: 'x'.repeat(limits.parametersBytesMax) }))).toBe('parametersBytesMax')
    expect(limitOf(() => stored('$p', { p: new Array(limits.elementsMax + 1).fill(null) }))).toBe('elementsMax')
    expect(limitOf(() => stored('$p + $p', { p: new Array(60_000).fill(null) }))).toBe('elementsMax')
    const puts = ['a', 'b', 'c', 'd'].map((key) => `put "${key}" $p;`).join(' ')
    expect(limitOf(() => new Memory().run(puts, { p: large }))).toBe('patchBytesMax')
    expect(limitOf(() => new Memory().run('get "a"; get "b";', {}, { costMax: 19 }))).toBe('costMax')
  })

  test('bound the nesting of values', () => {
    let value: Value = 'x'
    for (let depth = 0; depth < limits.valueNestingMax; depth++) value = [value]
    expect(stored('$p', { p: value })).toEqual(value)
    for (let depth = 0; depth < 100_000; depth++) value = [value]
    expect(limitOf(() => stored('$p', { p: value }))).toBe('valueNestingMax')
  })

  test('bound what is given back', () => {
    const store = new Memory()
    for (const key of ['a', 'b', 'c', 'd']) store.run('put $k $v;', { k: key, v: large })
    expect(limitOf(() => store.run('get "a"; get "b"; get "c"; get "d";'))).toBe('resultBytesMax')
    expect(store.run('get "a"; get "b"; get "c";').reads.size).toBe(3)
  })

  test('count steps, gets and bytes, be they built, written or compared', () => {
    const cost = (text: string, parameters: Readonly<Record<string, Value>> = {}): number => {
      for (let costMax = 0; ; costMax++) {
        try {
          new Memory().run(text, parameters, { costMax })
          return costMax
        } catch (error) {
          if (!(error instanceof LanguageError) || error.limit?.name !== 'costMax') throw error
        }
      }
    }
    const p = 'x'.repeat(2_560)
    expect(cost('x = "a";')).toBe(1)
    expect(cost('get "a";')).toBe(11)
    expect(cost('if false { get "a"; }')).toBe(11)
    expect(cost('x = $p + $p;', { p })).toBe(2 + 20)
    expect(cost('put "k" $p;', { p })).toBe(1 + 3 + 10)
    expect(cost('x = $p == $q;', { p, q: `${p.slice(1)}y` })).toBe(2 + 10)
    expect(cost('x = $p == $q;', { p: [1n, 2n, 3n], q: [1n, 2n, 4n] })).toBe(2 + 3)
  })
})
