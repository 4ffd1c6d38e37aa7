import { compile, ProgramCache, type ProgramView, type Value, type ViewEntry } from '../lang/index.ts'
import { scan } from '../lang/scan.ts'
import { machineLine } from './report.ts'

/** A way to get a program and run it. */
interface Case {
  readonly name: string
  /** `n`: ever another number. */
  perform(n: number): unknown
}

interface Figure {
  readonly name: string
  /** Processor time of one, µs: the median of the rounds, and the least and the most. */
  readonly median: number
  readonly least: number
  readonly most: number
}

const KEYS = 10_000
const ROUNDS = 7
const ROUND_MS = 250
const CACHE_BYTES = 32 * 1024 * 1024

/**
 * `npm run bench -- lang`: what the language itself costs on one core, on a program of three statements. Processor time,
 * not elapsed time, so that other work on the machine counts little.
 */
export function benchLanguage(): string {
  const view = new Entries()
  const cache = new ProgramCache(CACHE_BYTES)
  const text = 'x = get $key; if x != $old { abort "changed"; } put $key $new;'
  const parameters = (n: number): ReadonlyMap<string, Value> =>
    new Map([
      ['key', keyOf(n)],
      ['old', OLD],
      ['new', `value ${n}`],
    ])
  const known = cache.compile(text)
  const parsed: Case = {
    name: 'cold: scan, parse (Ohm), compile',
    perform: (n) => compile(spelledOut(n)),
  }
  const hit: Case = {
    name: 'shape hit + run (new literals in each text)',
    perform: (n) => cache.compile(spelledOut(n)).run(view, NONE),
  }
  const cases: readonly Case[] = [
    parsed,
    { name: 'scan', perform: (n) => scan(spelledOut(n)) },
    { name: 'shape hit (new literals in each text)', perform: (n) => cache.compile(spelledOut(n)) },
    { name: 'text hit', perform: () => cache.compile(text) },
    { name: 'run', perform: (n) => known.run(view, parameters(n)) },
    hit,
    { name: 'text hit + run (parameters)', perform: (n) => cache.compile(text).run(view, parameters(n)) },
  ]
  const figures = cases.map(measure)
  const [parse, together] = [parsed, hit].map(({ name }) => figures.find((figure) => figure.name === name))
  const ratio = (parse?.median ?? 0) / (together?.median ?? 1)
  return [
    machineLine(),
    'one program of three statements, processor time of one of each, median of rounds (least to most)',
    '',
    ...figures.map(lineOf),
    '',
    `Shape hit + run is ${Math.round(ratio)} times as fast as a cold start.`,
  ].join('\n')
}

/** The program with its values in its text, each time other ones. */
function spelledOut(n: number): string {
  const key = keyOf(n)
  return `x = get "${key}"; if x != "${OLD}" { abort "changed"; } put "${key}" "value ${n}";`
}

function measure({ name, perform }: Case): Figure {
  let n = 0
  const rounds: number[] = []
  for (let round = 0; round <= ROUNDS; round++) {
    const from = n
    const before = process.cpuUsage()
    const endMs = performance.now() + ROUND_MS
    while (performance.now() < endMs) for (const batchEnd = n + BATCH; n < batchEnd; n++) perform(n)
    const { user, system } = process.cpuUsage(before)
    // The first one warms up.
    if (round > 0) rounds.push((user + system) / (n - from))
  }
  rounds.sort((a, b) => a - b)
  const [least = 0] = rounds
  return { name, median: rounds[ROUNDS >> 1] ?? 0, least, most: rounds.at(-1) ?? 0 }
}

function lineOf({ name, median, least, most }: Figure): string {
  const shown = (us: number): string => us.toFixed(us < 10 ? 2 : 0)
  const rate = Math.round(1_000_000 / median).toLocaleString('en-US')
  const spread = `(${shown(least)} to ${shown(most)})`
  return `${name.padEnd(46)}${shown(median).padStart(8)} µs ${spread.padEnd(18)}${rate.padStart(12)}/s`
}

function keyOf(n: number): string {
  return `key${n % KEYS}`
}

/** Entries in memory: the cost of a store is measured elsewhere. */
class Entries implements ProgramView {
  readonly revision = KEYS
  readonly #entries = new Map<string, ViewEntry>(
    Array.from({ length: KEYS }, (_, n) => [keyOf(n), { value: OLD, version: 0, revision: n + 1 }]),
  )

  get(key: string): ViewEntry | undefined {
    return this.#entries.get(key)
  }

  scan(): Iterable<readonly [string, ViewEntry]> {
    return []
  }
}

const OLD = 'x'.repeat(100)
const NONE: ReadonlyMap<string, Value> = new Map()
const BATCH = 20
