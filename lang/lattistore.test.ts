import { describe, expect, test } from 'vitest'
import { compile } from './index.ts'
import { errorOf } from './testing/errors.ts'
import { Memory } from './testing/memory.ts'
import { reservedWords } from './words.ts'

describe("LattiStore's programs", () => {
  test('give the results of its transcript', () => {
    const store = new Memory()
    expect(store.show('put "a" "AAA";\nput "b" "BBB";\n')).toBe('result: {}')
    expect(store.show('a = get "a";\nb = get "b";\nput "c" a + b;\n')).toBe('result: {"a": "AAA", "b": "BBB"}')
    expect(store.show('get "c";\n')).toBe('result: {"c": "AAABBB"}')
    const choice = 'if get "c" == "BBBAAA" { put "d" "D1"; } else { put "d" "D2"; }\n'
    expect(store.show(choice)).toBe('result: {"c": "AAABBB"}')
    expect(store.show('get "d";\n')).toBe('result: {"d": "D2"}')
  })

  test('observe their own puts, which their results do not', () => {
    const store = new Memory()
    expect(store.show('put "x" "xxx";\nget "x";\n')).toBe('result: {}')
    expect(store.show('put "x" "yyy";\nget "x";\n')).toBe('result: {"x": "xxx"}')
    expect(store.show('put "x" "xxx";\n')).toBe('result: {}')
    expect(store.show('put "x" "yyy";\nx = get "x";\nput "y" x;\n')).toBe('result: {"x": "xxx"}')
    expect(store.show('get "y";\n')).toBe('result: {"y": "yyy"}')
  })

  test('read an absent key as the empty string', () => {
    const store = new Memory()
    store.run('if get "k" == "" { put "equal" "yes"; } put "joined" get "k" + "x" + get "k";')
    expect(store.show('get "equal"; get "joined";')).toBe('result: {"equal": "yes", "joined": "x"}')
  })

  test('show a get of a branch that is not taken', () => {
    const store = new Memory()
    store.run('put "a" "1"; put "b" "2";')
    expect(store.show('if get "a" == "no" { get "b"; }')).toBe('result: {"a": "1", "b": "2"}')
  })
})

describe('the exceptions to LattiStore', () => {
  test('a backslash begins an escape in a string', () => {
    const store = new Memory()
    store.run(String.raw`put "k" "a\"\\\/\n\u00e9\ud83d\ude00";`)
    expect(store.get('k')?.value).toBe('a"\\/\né😀')
    expect(errorOf(() => compile(String.raw`put "k" "C:\dir";`)).code).toBe('syntax_error')
  })

  test.each([...reservedWords])('"%s" is no name', (word) => {
    expect(errorOf(() => compile(`${word} = "x";`)).code).toBe('syntax_error')
    compile(`${word}s = "x"; ${word}_ = $${word};`)
  })

  test('a variable that is assigned nowhere is a compile error', () => {
    expect(errorOf(() => compile('put "k" x;'))).toMatchObject({
      code: 'unknown_name',
      position: { line: 1, column: 9 },
    })
  })

  test('|| honours its left side', () => {
    const store = new Memory()
    store.run('if "a" == "a" || "a" == "b" { put "k" "either"; } else { put "k" "neither"; }')
    expect(store.get('k')?.value).toBe('either')
  })

  test('writing an absent value leaves the key absent', () => {
    const store = new Memory()
    expect(store.run('put "k" get "absent";').writes).toEqual(new Map())
    expect(store.run('get "k";').reads).toEqual(new Map())
  })
})
