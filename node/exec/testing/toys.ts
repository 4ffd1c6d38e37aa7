import {
  type CacheStats,
  LanguageError,
  type ParseJob,
  type ParseOutcome,
  type Program,
  type ProgramView,
  type RunOptions,
  type RunResult,
  type Value,
} from '../../../lang/index.ts'
import type { Entry } from '../../store/index.ts'
import type { Programs } from '../compiler.ts'

/**
 * Programs of a few words, so that every way to end can be had by name. Statements are separated by `;`:
 * `get k`, `put k v`, `delete k`, `append k v`, `return v`, `abort v`, `fail` (a run-time error), `bug` (another
 * exception), `large n` (returns n characters), `deep` (returns lists in lists), `now` (returns the time), `uuid`,
 * `keys p` (returns the keys with that prefix), `put k version`, `put k revision` (its own, before that); `$name` names
 * a parameter. `syntax` does not compile. A text that begins with `apart s;` is of shape s, which is parsed elsewhere.
 */
export class Toys implements Programs {
  readonly stats: CacheStats = { textHits: 0, shapeHits: 0, misses: 0, shapes: 0, bytes: 0 }
  readonly #shapes = new Set<string>()

  prepare(text: string): Program | ParseJob {
    const shape = /^apart (\w+);/.exec(text)?.[1]
    return shape === undefined || this.#shapes.has(shape) ? compileToy(text) : { type: 'parse', shape }
  }

  finish(text: string, { shape }: ParseJob, outcome: ParseOutcome): Program {
    if (outcome.type === 'fault') throw new LanguageError(outcome.code, outcome.sentence)
    this.#shapes.add(shape)
    return compileToy(text)
  }
}

/** What a parser gives, if it gives anything. */
export const PARSED: ParseOutcome = { type: 'tree', tree: { type: 'program', at: 0, body: [] } }

type Written = Pick<Entry, 'value' | 'version'>

export function compileToy(text: string): Program {
  if (text === 'syntax')
    throw new LanguageError('syntax_error', 'expected a statement', { position: { line: 1, column: 1 } })
  const statements = text.split(';').map((statement) => statement.trim().split(' '))
  const words = statements.flat().filter((word) => word.startsWith('$'))
  const names = new Set(words.map((word) => word.slice(1)))
  return {
    canWrite: statements.some(([verb]) => verb === 'put' || verb === 'append' || verb === 'delete'),
    parameters: names,
    checkNames(given) {
      if (![...names].every((name) => given.has(name))) throw new LanguageError('missing_parameter', 'one is missing')
      if (given.size > names.size) throw new LanguageError('unknown_parameter', 'one is too many')
    },
    run: (view, parameters, options = {}) => runToy(statements, view, parameters, options),
  }
}

function runToy(
  statements: readonly (readonly string[])[],
  view: ProgramView,
  parameters: ReadonlyMap<string, Value>,
  { nowMs = 0, uuid = () => '' }: RunOptions,
): RunResult {
  const reads = new Map<string, Value>()
  const writes = new Map<string, Written>()
  const get = (key: string): Written | undefined => writes.get(key) ?? view.get(key)
  const put = (key: string, value: Value): void => {
    const before = get(key)
    const version = before === undefined || before.value === null ? 0 : before.version + 1
    writes.set(key, { value, version: value === null ? 0 : version })
  }
  let value: Value = null
  for (const [verb, key = '', word = ''] of statements) {
    const operand = word.startsWith('$') ? (parameters.get(word.slice(1)) ?? null) : word
    switch (verb) {
      case 'get': {
        const found = view.get(key)?.value ?? null
        if (found !== null) reads.set(key, found)
        break
      }
      case 'put':
        if (word === 'version') put(key, BigInt(get(key)?.version ?? -1))
        else if (word === 'revision') put(key, BigInt(view.get(key)?.revision ?? 0))
        else put(key, operand)
        break
      case 'now':
        value = BigInt(nowMs)
        break
      case 'uuid':
        value = uuid()
        break
      case 'keys':
        value = Array.from(view.scan(key, ''), ([found, entry]) => `${found}${entry.value === null ? '-' : ''}`).join(
          ' ',
        )
        break
      case 'apart':
        break
      case 'delete':
        put(key, null)
        break
      case 'append':
        put(key, `${get(key)?.value ?? ''}${operand}`)
        break
      case 'return':
        value = key
        break
      case 'large':
        value = 'x'.repeat(Number(key))
        break
      case 'deep':
        for (let depth = 0; depth < 40; depth++) value = [value]
        break
      case 'abort':
        return { status: 'aborted', value: key, reads, writes: new Map() }
      case 'fail':
        throw new LanguageError('type_error', 'cannot add string and int', { position: { line: 1, column: 7 } })
      case 'bug':
        throw new RangeError('stack overflow')
      default:
        throw new Error(`no such toy: ${verb}`)
    }
  }
  return { status: 'committed', value, reads, writes }
}
