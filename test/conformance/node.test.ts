import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DecreeError } from '../../client/index.ts'
import { encodeProgram } from '../../client/program.ts'
import type { Session } from '../../client/session.ts'
import { float, type Input } from '../../client/value.ts'
import { type LanguageErrorCode, type Limit, limits, type Value } from '../../lang/index.ts'
import { decodeValue } from '../../node/values.ts'
import type { Entry as WireEntry } from '../../proto/gen/decree/v1/store.ts'
import { type Account, type Case, type Entry, expectedAccount, type Refusal, revisionOf, tell } from './case.ts'
import { type FreshNode, startFreshNode } from './fresh-node.ts'
import { parseCases } from './parse-cases.ts'
import { readCases } from './read-cases.ts'

/**
 * From the client's session over gRPC through decrees into a store, and back. The session is what a `Database` calls;
 * it is asked itself because its answers still tell ints and floats apart.
 */
describe.each([...readCases()])('on a node, %s:', (_, cases) => {
  let node: FreshNode
  beforeAll(async () => {
    node = await startFreshNode()
  })
  afterAll(() => node.stop())

  it.each(cases)('$title', async ({ source, place }) => {
    const { session } = node
    const start = await currentRevision(session)
    const [each] = parseCases(source, place, start)
    if (each === undefined) throw new Error(`the case at ${place} is none`)
    const { outcome, ...rest } = expectedAccount(each)
    // A client is not told whether a program was refused before it ran, nor (yet) what was written.
    const expected: Account = {
      outcome: outcome.type === 'uncompiled' ? { ...outcome, type: 'failed' } : outcome,
      reads: rest.reads,
      revision: rest.revision,
      state: rest.state,
    }
    const pageSize = isLarge(each) ? 1 : 1_000
    try {
      expect(tell(await account(session, each, start, pageSize)), place).toBe(tell(expected))
    } finally {
      await clear(session, pageSize)
    }
  })
})

/** Whether its values fill a result one by one. */
function isLarge({ source }: Case): boolean {
  return / × \d{5,}⟩/.test(source)
}

/** What happens when the case's program runs on a store that is empty at first, and at revision `start`. */
async function account(
  session: Session,
  { before, parameters, program }: Case,
  start: number,
  pageSize: number,
): Promise<Account> {
  await prepare(session, before)
  const base = start + revisionOf(before)
  const ran = await run(session, program, parameters)
  const entries = await readStore(session, pageSize)
  const state = new Map([...entries].map(([key, entry]) => [key, { ...entry, revision: entry.revision - start }]))
  return { ...ran, revision: (ran.revision ?? base) - start, state }
}

async function currentRevision(session: Session): Promise<number> {
  const answer = await session.execute(encodeProgram('return null;'), false)
  if (answer.$case !== 'committed') throw new Error('a program that does nothing was aborted')
  return answer.value.revision
}

/** Writes the entries, one transaction for each revision, each key as often as its version asks for. */
async function prepare(session: Session, entries: ReadonlyMap<string, Entry>): Promise<void> {
  for (let revision = 1; revision <= revisionOf(entries); revision += 1) {
    const parameters = new Map<string, Value>()
    let text = ''
    for (const [key, entry] of entries) {
      if (entry.revision !== revision) continue
      const number = parameters.size
      parameters.set(`k${number}`, key).set(`v${number}`, entry.value)
      text += `put $k${number} $v${number}; `.repeat(entry.version + 1)
    }
    await session.execute(encodeProgram(text, toInputs(parameters)), true)
  }
}

async function run(
  session: Session,
  program: string,
  parameters: ReadonlyMap<string, Value>,
): Promise<Pick<Account, 'outcome' | 'reads'> & { readonly revision?: number }> {
  try {
    const { $case, value } = await session.execute(encodeProgram(program, toInputs(parameters)), true)
    const outcome = { type: $case, value: decode(value) }
    const reads = new Map(value.reads.map((entry) => [entry.key, decode(entry)]))
    return 'revision' in value ? { outcome, reads, revision: value.revision } : { outcome, reads }
  } catch (error) {
    return { outcome: refusal(error), reads: new Map() }
  }
}

function refusal(error: unknown): Refusal {
  if (!(error instanceof DecreeError)) throw error
  expect(error.outcome, 'certainly without effect').toBe('none')
  const { code, message, position } = error
  const limit = Object.keys(limits).find((name): name is Limit => new RegExp(`\\b${name}\\b`).test(message))
  const named = code === 'limit_exceeded' ? (limit ?? null) : null
  return { type: 'failed', code: code as LanguageErrorCode, limit: named, position: position ?? null }
}

/** The whole store, `pageSize` entries at a time. */
async function readStore(session: Session, pageSize: number): Promise<ReadonlyMap<string, Entry>> {
  const text = `
    page = [];
    for k, v in scan "" after $after limit $limit { get k; page = append(page, [k, version k, revision k]); }
    return page;`
  const found = new Map<string, Entry>()
  for (let after = ''; ; ) {
    const answer = await session.execute(encodeProgram(text, { after, limit: pageSize }), false)
    const values = new Map(answer.value.reads.map((entry) => [entry.key, decode(entry)]))
    const page = decode(answer.value) as readonly (readonly [string, bigint, bigint])[]
    for (const [key, version, revision] of page) {
      found.set(key, { value: values.get(key) ?? null, version: Number(version), revision: Number(revision) })
      after = key
    }
    if (page.length < pageSize) return found
  }
}

async function clear(session: Session, pageSize: number): Promise<void> {
  const keys = [...(await readStore(session, pageSize)).keys()]
  await Promise.all(keys.map((key) => session.execute(encodeProgram('delete $key;', { key }), true)))
}

function decode({ value }: Pick<WireEntry, 'value'>): Value {
  if (value === undefined) throw new Error('an answer without a value')
  return decodeValue(value)
}

function toInputs(parameters: ReadonlyMap<string, Value>): { readonly [name: string]: Input } {
  return Object.fromEntries([...parameters].map(([name, value]) => [name, toInput(value)]))
}

function toInput(value: Value): Input {
  if (typeof value === 'number') return float(value)
  if (value instanceof Map) {
    return Object.fromEntries([...value].map(([key, item]: [string, Value]) => [key, toInput(item)]))
  }
  if (Array.isArray(value)) return value.map(toInput)
  return value as Input
}
