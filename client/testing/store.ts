import { LanguageError, type ProgramView, type Value, type ViewEntry } from '../../lang/index.ts'
import { compile } from '../../lang/program.ts'
import { compareKeys } from '../../lang/values.ts'
import type { Program, Response } from '../../proto/gen/decree/v1/store.ts'
import type { Value as WireValue } from '../../proto/gen/decree/v1/value.ts'
import { failed, type Met, SESSION } from './fake-server.ts'

type Answer = NonNullable<Response['kind']>

/** What fake servers share: a store that runs programs, and a record of how each numbered request has ended. */
export class Store {
  readonly entries = new Map<string, ViewEntry>()
  /** Answers by session and number: a request that may write is executed once. */
  readonly #record = new Map<string, Answer>()
  #revision = SESSION
  /** How many requests that may write were executed, copies not counted. */
  executed = 0

  /** Gives a key a value, as another client would. */
  put(key: string, value: Value): void {
    this.entries.set(key, { value, version: 0, revision: ++this.#revision })
  }

  /** Executes the request, or gives the answer that it had. */
  execute({ request, frame }: Pick<Met, 'request' | 'frame'>): Answer {
    const { kind, number } = request
    switch (kind?.$case) {
      case 'open':
        return { $case: 'opened', value: { session: SESSION } }
      case 'outcome':
        return this.#once(`${frame.session}/${kind.value.number}`, () =>
          failed('cancelled', 'it never will be executed'),
        )
      case 'program':
        if (!/put|delete/.test(kind.value.text)) return this.#run(kind.value)
        return this.#once(`${frame.session}/${number}`, () => {
          this.executed += 1
          return this.#run(kind.value)
        })
      default:
        throw new Error('a request of no known kind')
    }
  }

  /** A behaviour of a fake server. */
  readonly obey = (met: Met): void => met.reply(this.execute(met))

  /** As `obey`, but of two programs' answers one is lost with its stream: the program was executed all the same. */
  readonly obeyLosing = (met: Met): void => {
    const answer = this.execute(met)
    const isLost = met.request.kind?.$case === 'program' && this.#programs++ % 2 === 0
    if (isLost) met.hangUp()
    else met.reply(answer)
  }

  #programs = 0

  #once(name: string, execute: () => Answer): Answer {
    const answer = this.#record.get(name) ?? execute()
    this.#record.set(name, answer)
    return answer
  }

  #run({ text, parameters }: Program): Answer {
    try {
      const given = new Map(parameters.map(({ name, value }) => [name, fromWire(value)]))
      const { status, value, reads, writes } = compile(text).run(this.#view(), given)
      const shown = Array.from(reads, ([key, read]) => ({ key, value: toWire(read) }))
      if (status === 'aborted') return { $case: 'aborted', value: { value: toWire(value), reads: shown } }
      if (writes.size > 0) this.#revision += 1
      for (const [key, written] of writes) this.entries.set(key, { ...written, revision: this.#revision })
      return {
        $case: 'committed',
        value: { revision: this.#revision, reads: shown, value: toWire(value), complete: true },
      }
    } catch (error) {
      if (error instanceof LanguageError) return failed(error.code, error.message)
      throw error
    }
  }

  #view(): ProgramView {
    const keys = [...this.entries.keys()].sort(compareKeys)
    return {
      revision: this.#revision,
      get: (key) => this.entries.get(key),
      scan: (prefix, after) =>
        keys.flatMap((key) => {
          const entry = this.entries.get(key)
          if (!key.startsWith(prefix) || compareKeys(key, after) <= 0 || entry === undefined) return []
          return [[key, entry] as const]
        }),
    }
  }
}

function fromWire(wire: WireValue | undefined): Value {
  const kind = wire?.kind
  if (kind === undefined) throw new Error('a value without a kind')
  if (kind.$case === 'null') return null
  if (kind.$case === 'list') return kind.value.items.map(fromWire)
  if (kind.$case === 'map') return new Map(kind.value.pairs.map(({ key, value }) => [key, fromWire(value)]))
  return kind.value
}

function toWire(value: Value): WireValue {
  if (value === null) return { kind: { $case: 'null', value: true } }
  switch (typeof value) {
    case 'boolean':
      return { kind: { $case: 'bool', value } }
    case 'bigint':
      return { kind: { $case: 'int', value } }
    case 'number':
      return { kind: { $case: 'float', value } }
    case 'string':
      return { kind: { $case: 'string', value } }
    default:
  }
  if (value instanceof Uint8Array) return { kind: { $case: 'bytes', value: Buffer.from(value) } }
  if (value instanceof Map) {
    const pairs = Array.from(value as ReadonlyMap<string, Value>, ([key, item]) => ({ key, value: toWire(item) }))
    return { kind: { $case: 'map', value: { pairs } } }
  }
  return { kind: { $case: 'list', value: { items: (value as readonly Value[]).map(toWire) } } }
}
