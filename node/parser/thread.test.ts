import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type ParseJob, type ParseOutcome, ProgramCache, parseShape } from '../../lang/index.ts'
import { ParserThread } from './index.ts'

const BUILT = fileURLToPath(new URL('../../dist/', import.meta.url))

const large = (last: string) => `${'x = 1 + 2 * 3; '.repeat(80)} put "a" ${last};`

/** What a cache that has met nothing wants to be parsed elsewhere. */
function jobOf(text: string): ParseJob {
  const prepared = new ProgramCache(1_000_000).prepare(text)
  if (!('shape' in prepared)) throw new Error('it is not large')
  return prepared
}

describe('a parser thread', () => {
  const deaths: unknown[] = []
  let parser: ParserThread

  beforeEach(() => {
    deaths.length = 0
    parser = new ParserThread((error) => deaths.push(error))
  })

  afterEach(() => parser.close())

  const parse = (job: ParseJob) => new Promise<ParseOutcome | null>((done) => parser.parse(job, done))

  it('gives what parsing here would give, well or not', async () => {
    for (const text of [large('"b"'), large('+')]) {
      const job = jobOf(text)
      expect(await parse(job)).toEqual(parseShape(job))
    }
    expect(deaths).toEqual([])
  })

  it('gives what a cache can finish', async () => {
    const cache = new ProgramCache(1_000_000)
    const job = jobOf(large('"b"'))
    const outcome = await parse(job)
    if (outcome === null) throw new Error('it died')
    const program = cache.finish(large('"b"'), job, outcome)
    const { writes } = program.run({ revision: 0, get: () => undefined, scan: () => [] }, new Map())
    expect(writes.get('a')?.value).toBe('b')
    expect('shape' in cache.prepare(large('"c"'))).toBe(false)
  })

  it('that dies says so, answers for its job, and takes the next one', async () => {
    // No shape: the thread's parser throws.
    expect(await parse({ type: 'parse', shape: null as unknown as string })).toBeNull()
    expect(deaths).toHaveLength(1)
    const job = jobOf(large('"b"'))
    expect(await parse(job)).toMatchObject({ type: 'tree' })
  })

  it('takes one job at a time', async () => {
    const job = jobOf(large('"b"'))
    const first = parse(job)
    expect(() => parser.parse(job, () => undefined)).toThrow('a second job')
    expect(await first).toMatchObject({ type: 'tree' })
  })

  it('that is closed answers nobody', async () => {
    let isAnswered = false
    parser.parse(jobOf(large('"b"')), () => {
      isAnswered = true
    })
    await parser.close()
    expect(await parse(jobOf(large('"b"')))).toMatchObject({ type: 'tree' })
    expect({ isAnswered, deaths }).toEqual({ isAnswered: false, deaths: [] })
  })

  it('keeps no process alive', async () => {
    const script = `
      import { ParserThread } from '${BUILT}node/parser/index.js'
      import { ProgramCache } from '${BUILT}lang/index.js'
      const job = new ProgramCache(1e6).prepare(${JSON.stringify(large('"b"'))})
      const parser = new ParserThread(() => {})
      const alive = setTimeout(() => {}, 60_000)
      parser.parse(job, (outcome) => {
        process.stdout.write(outcome.type)
        parser.parse(job, () => {})
        clearTimeout(alive)
      })`
    const child = spawn(process.execPath, ['--input-type=module', '-e', script])
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (data: Buffer) => {
        output += String(data)
      })
    }
    const status = await new Promise((resolve) => child.on('close', resolve))
    expect({ output, status }).toEqual({ output: 'tree', status: 0 })
  })
})
