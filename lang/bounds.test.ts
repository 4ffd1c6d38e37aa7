import { afterAll, describe, expect, test } from 'vitest'
import { compile, LanguageError, limits, ProgramCache, parseShape, type Value } from './index.ts'
import { errorOf } from './testing/errors.ts'
import { Memory } from './testing/memory.ts'

/** A program that would run for long, or fill the memory, if nothing stopped it; and the limit that must. */
interface Nasty {
  readonly what: string
  readonly text: string
  readonly limit: string
  readonly parameters?: Readonly<Record<string, Value>>
  readonly store?: () => Memory
}

const many: Value = Array.from({ length: 30_000 }, (_, index) => BigInt(index))
const thirty: Value = Array.from({ length: 30 }, (_, index) => BigInt(index))
const nulls = (count: number): Value => new Array<Value>(count).fill(null)
const numbered = (count: number): readonly string[] => Array.from({ length: count }, (_, index) => `k${10_000 + index}`)
const wideMap = (item: Value): Value => new Map(numbered(40_000).map((key) => [key, item]))
const large = 'x'.repeat(1_000_000)
/** Keys of the longest kind with a long prefix in common. */
const longKeys = numbered(2_900).map((key) => 'x'.repeat(1_000) + key)

const stores = {
  entries: () => {
    const store = new Memory()
    for (let start = 0; start < 8_000; start += 2_000) {
      store.run('for k in $keys { put k 1; }', { keys: numbered(8_000).slice(start, start + 2_000) })
    }
    return store
  },
  tombstones: () => {
    const store = stores.entries()
    for (let start = 0; start < 8_000; start += 2_000) {
      store.run('for k in $keys { delete k; }', { keys: numbered(8_000).slice(start, start + 2_000) })
    }
    return store
  },
  large: () => {
    const store = new Memory()
    for (let index = 0; index < 30; index++) store.run('put $k $v;', { k: `k${index}`, v: `${large}${index}` })
    return store
  },
  wide: () => {
    const store = new Memory()
    for (let index = 0; index < 30; index++) store.run('put $k $v;', { k: `k${index}`, v: nulls(100_000) })
    return store
  },
}

const cost: readonly Nasty[] = [
  { what: 'a loop', text: 'for i in $many { }', limit: 'costMax' },
  { what: 'loops in a loop', text: 'for i in $many { for j in $many { x = i; } }', limit: 'costMax' },
  { what: 'ints', text: 'for i in $many { x = (i * 9 - 7) / 3 % 1000 + 9000000000000000000; }', limit: 'costMax' },
  { what: 'floats', text: 'for i in $many { x = -(i / 3.0 * 2.5 % 7.0); }', limit: 'costMax' },
  { what: 'alternatives', text: 'for i in $many { x = false || (null ?? false) || i < 0; }', limit: 'costMax' },
  { what: 'members', text: 'm = {a: {b: [1, 2]}}; for i in $many { x = m.a["b"][1]; }', limit: 'costMax' },
]

const strings: readonly Nasty[] = [
  { what: 'a string doubled', text: 'x = "ab"; for i in $many { x = x + x; }', limit: 'valueBytesMax' },
  { what: 'a string grown', text: `x = ""; for i in $many { x = x + "${'0123456789'.repeat(4)}"; }`, limit: 'costMax' },
  { what: 'a large string joined', text: 'for i in $many { x = $large + "a"; }', limit: 'costMax' },
  { what: 'short strings joined', text: 'x = "é"; for i in $many { y = x + "a" + x + y; y = ""; }', limit: 'costMax' },
  {
    what: 'large strings compared for equality',
    text: 'a = $large + "b"; b = $large + "b"; for i in $many { x = a == b; }',
    limit: 'costMax',
  },
  {
    what: 'large strings ordered',
    text: 'a = $large + "a"; b = $large + "b"; for i in $many { x = a < b; }',
    limit: 'costMax',
  },
  {
    what: 'strings of high characters ordered',
    text: 'a = $high + "a"; b = $high + "b"; for i in $many { x = a < b; }',
    limit: 'costMax',
    parameters: { high: '\uffff'.repeat(200_000) },
  },
  {
    what: 'strings below the unit ordered',
    text: 'a = $short + "a"; b = $short + "b"; for i in $many { x = a < b; }',
    limit: 'costMax',
    parameters: { short: '\uffff'.repeat(250) },
  },
]

const containers: readonly Nasty[] = [
  { what: 'scans that find nothing', text: 'for i in slice($many, 0, 5000) { x = scan "zz"; }', limit: 'costMax' },
  { what: 'a list doubled', text: 'x = [1]; for i in $many { x = x + x; }', limit: 'elementsMax' },
  { what: 'a list grown', text: 'x = []; for i in $many { x = x + [i]; }', limit: 'costMax' },
  { what: 'a list grown by append', text: 'x = []; for i in $many { x = append(x, i); }', limit: 'costMax' },
  { what: 'lists kept in a list', text: 'x = []; for i in $many { x = [x, $many + [i]]; }', limit: 'costMax' },
  { what: 'list literals', text: 'for i in $many { x = [i, i, i, i, i, i, i, i]; }', limit: 'costMax' },
  { what: 'a map grown', text: 'x = {}; for i in $many { x = set(x, str(i), i); }', limit: 'costMax' },
  {
    what: 'map literals',
    text: 'for i in $many { x = {h: i, g: i, f: i, e: i, d: i, c: i, b: i, a: i}; }',
    limit: 'costMax',
  },
  {
    what: 'maps with large keys',
    text: 'a = $large + "a"; b = $large + "b"; for i in $many { x = {(b): i, (a): i}; }',
    limit: 'costMax',
  },
  {
    what: 'looking up long keys',
    text: 'for i in $many { x = $m[$key]; }',
    limit: 'costMax',
    parameters: {
      m: new Map(numbered(100).map((key) => ['x'.repeat(20_000) + key, null])),
      key: `${'x'.repeat(20_000)}k10099`,
    },
  },
  { what: 'shared lists put', text: 'x = [1]; for i in $thirty { x = [x, x]; } put "k" x;', limit: 'valueBytesMax' },
  {
    what: 'shared lists returned',
    text: 'x = [1]; for i in $thirty { x = [x, x]; } return x;',
    limit: 'resultBytesMax',
  },
  {
    what: 'shared lists given as a reason',
    text: 'x = [1]; for i in $thirty { x = [x, x]; } abort x;',
    limit: 'resultBytesMax',
  },
  {
    what: 'shared lists compared',
    text: 'x = [1]; y = [1]; for i in $thirty { x = [x, x]; y = [y, y]; } z = x == y;',
    limit: 'costMax',
  },
  {
    what: 'shared maps compared',
    text: 'x = {}; y = {}; for i in $thirty { x = {a: x, b: x}; y = {a: y, b: y}; } z = x == y;',
    limit: 'costMax',
  },
  { what: 'shared lists as text', text: 'x = [1]; for i in $thirty { x = [x, x]; } z = text(x);', limit: 'costMax' },
  {
    what: 'deep lists compared',
    text: 'x = 1; y = 1; n = 0; for i in $many { x = [x]; y = [y]; n = n + 1; if n == 1500 { z = x == y; } }',
    limit: 'valueNestingMax',
  },
  {
    what: 'a deep map put',
    text: 'x = 1; n = 0; for i in $many { x = {a: x}; n = n + 1; if n == 1500 { put "k" x; } }',
    limit: 'valueNestingMax',
  },
  {
    what: 'a deep list as text',
    text: 'x = 1; n = 0; for i in $many { x = [x]; n = n + 1; if n == 1500 { y = text(x); } }',
    limit: 'valueNestingMax',
  },
  {
    what: 'wide lists compared',
    text: 'for i in $many { x = $a == $b; }',
    limit: 'costMax',
    parameters: { a: nulls(50_000), b: new Array<Value>(50_000).fill('') },
  },
  {
    what: 'wide maps compared',
    text: 'for i in $many { x = $a == $b; }',
    limit: 'costMax',
    parameters: { a: wideMap(null), b: wideMap('') },
  },
]

const keys: readonly Nasty[] = [
  { what: 'gets', text: 'for k in $keys { x = get k; }', limit: 'costMax' },
  { what: 'gets of the text', text: 'get "a";'.repeat(2_000), limit: 'costMax' },
  { what: 'versions', text: 'for k in $keys { x = [exists k, version k, revision k]; }', limit: 'costMax' },
  { what: 'puts', text: 'for k in $keys { put k 1; }', limit: 'costMax' },
  {
    what: 'puts and deletes of one key',
    text: 'for k in $keys { put "a" 1; delete "a"; put "a" 2; }',
    limit: 'costMax',
  },
  { what: 'deletes', text: 'for k in $keys { delete k; }', limit: 'costMax' },
  {
    what: 'puts of a wide list',
    text: 'for i in $many { put "k" $wide; }',
    limit: 'costMax',
    parameters: { wide: nulls(99_000) },
  },
  {
    what: 'puts of a wide map',
    text: 'for i in $many { put "k" $wide; }',
    limit: 'costMax',
    parameters: { wide: wideMap(null) },
  },
  {
    what: 'puts of a list of 250 bytes',
    text: 'for i in $many { put "k" $list; }',
    limit: 'costMax',
    parameters: { list: nulls(30) },
  },
  {
    what: 'gets of large values',
    text: 'for i in $many { x = [x, get ("k" + str(i))]; }',
    limit: 'costMax',
    store: stores.large,
  },
  {
    what: 'gets of wide values',
    text: 'for i in $many { x = [x, get ("k" + str(i))]; }',
    limit: 'costMax',
    store: stores.wide,
  },
  {
    what: 'puts over large values',
    text: 'for i in $many { put ("k" + str(i)) 1; }',
    limit: 'costMax',
    store: stores.large,
  },
  { what: 'a scan of large values', text: 'x = scan "";', limit: 'costMax', store: stores.large },
  {
    what: 'scans of everything',
    text: 'for i in $many { x = [x, scan ""]; }',
    limit: 'costMax',
    store: stores.entries,
  },
  {
    what: 'scans of one entry',
    text: 'for i in $many { x = scan "" limit 1; }',
    limit: 'costMax',
    store: stores.entries,
  },
  { what: 'a scan through tombstones', text: 'x = scan "" limit 1;', limit: 'costMax', store: stores.tombstones },
  { what: 'puts and scans in turn', text: 'for k in $keys { put k 1; x = scan "k3" limit 1; }', limit: 'costMax' },
  {
    what: 'some puts and a scan in turn',
    text: 'n = 0; for k in $keys { put k 1; n = n + 1; if n % 20 == 0 { x = scan "z" limit 1; } }',
    limit: 'costMax',
  },
  {
    what: 'puts of long keys in reverse, and a scan',
    text: 'for k in $long { put k 1; } x = scan "";',
    limit: 'costMax',
    parameters: { long: longKeys.toReversed() },
  },
]

const times: string[] = []

/** Processor time: others may use the machine at the same time. */
function processorMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000
}

describe('no program holds the event loop or fills the memory', () => {
  const given: Readonly<Record<string, Value>> = { many, thirty, large, keys: numbered(30_000) }

  test.each([...cost, ...strings, ...containers, ...keys])('$what', ({ what, text, limit, parameters, store }) => {
    const view = store?.() ?? new Memory()
    const program = compile(text)
    const all = new Map(Object.entries({ ...given, ...parameters }).filter(([name]) => program.parameters.has(name)))
    let leastMs = Number.POSITIVE_INFINITY
    for (let round = 0; round < 3; round++) {
      const startMs = processorMs()
      expect(limitOf(() => program.run(view, all))).toBe(limit)
      leastMs = Math.min(leastMs, processorMs() - startMs)
    }
    times.push(`${leastMs.toFixed(1).padStart(6)} ms  ${what}`)
  })

  afterAll(() => {
    const text = times.sort().reverse().slice(0, 12).join('\n')
    process.stdout.write(`the longest of ${times.length}, processor time up to their limits:\n${text}\n`)
  })
})

describe('no text takes the parser long', () => {
  const { programTokensMax } = limits
  const prepare = (text: string) => new ProgramCache(0).prepare(text)

  test.each([
    ['statements', 'a=1;', 4, ''],
    ['a list', '1,', 2, 'a=['],
    ['what is no program', ')', 1, ''],
    ['strings', '""', 1, ''],
  ])('a text of too many tokens is not parsed: %s', (_, unit, tokens, before) => {
    const inBefore = before === '' ? 0 : 3
    const most = before + unit.repeat(Math.floor((programTokensMax - inBefore) / tokens))
    expect(limitOf(() => prepare(most))).not.toBe('programTokensMax')
    const error = errorOf(() => prepare(`${most}/* no token */ ${unit.repeat(2)}`))
    expect(error).toMatchObject({
      code: 'limit_exceeded',
      limit: { name: 'programTokensMax', bound: programTokensMax, asked: programTokensMax + 1 },
    })
    // The first that is too many.
    expect(error.position?.column).toBeGreaterThan(most.length)
  })

  test('the slowest takes the parser about a third of a second', () => {
    const brackets = `x=${'('.repeat(63)}1${')'.repeat(63)};`
    const text = brackets.repeat(Math.floor(programTokensMax / 130))
    const job = prepare(text)
    if (!('shape' in job)) throw new Error('it was parsed at once')
    const startMs = processorMs()
    expect(parseShape(job)).toMatchObject({ type: 'tree' })
    // Slow and busy machines have room.
    expect(processorMs() - startMs).toBeLessThan(3_000)
  }, 60_000)
})

describe('what is within the limits', () => {
  test('is possible: a scan of all that one may give', () => {
    const { value } = stores
      .entries()
      .run('n = 0; for k, v in scan "" { n = n + 0; } return n;', {}, { costMax: 40_000 })
    expect(value).toBe(0n)
    expect(stores.entries().run('return len(scan "");').value).toBe(BigInt(limits.scanEntriesMax))
  })

  test('is possible: thousands of rows at once', () => {
    const rows = numbered(3_900).map((key): Value => [key, 'a row of some bytes'])
    expect(new Memory().run('for k, v in $rows { put k v; }', { rows }).writes.size).toBe(3_900)
  })

  test('is possible: three of the largest values read, or replaced', () => {
    const store = stores.large()
    expect(store.run('get "k1"; get "k2"; get "k3";').reads.size).toBe(3)
    const { writes } = store.run('put "k1" $large; put "k2" $large; put "k3" $large;', { large })
    expect(writes.size).toBe(3)
  })
})

function limitOf(act: () => unknown): string {
  try {
    act()
  } catch (error) {
    if (error instanceof LanguageError) return error.limit?.name ?? error.message
    throw error
  }
  return 'none'
}
