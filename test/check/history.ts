import { type EndEvent, type Event, eventOf, type MicroOperation } from './event.ts'
import type { Json } from './json.ts'

/**
 * A history tells what clients asked of a cluster and what they were answered. As a file it is JSON lines: one event a
 * line, in the order in which the events happened. The order of the lines decides what came before what; `time`
 * (milliseconds) only informs.
 *
 * ```
 * {"process":0,"type":"invoke","time":12,"workload":"append","ops":[["r","x",null],["append","x",7]]}
 * {"process":0,"type":"ok","time":15,"ops":[["r","x",[3]],["append","x",7]],"revision":9}
 * {"type":"end","replicas":[{"node":"a","slot":4,"hash":"5f…"}],"reads":{"x":[3,7]}}
 * ```
 *
 * Every operation begins with `invoke` and ends with one of
 * - `ok`: it was answered. `status` is `committed` (also when it is left out), `aborted` or `error`; the last two say
 *   that it had no effect.
 * - `fail`: it certainly had no effect.
 * - `info`: nobody knows. It stays open for ever, and its process is never heard of again. An operation that the
 *   history leaves open is the same.
 *
 * A process has at most one operation open. What was asked is in `invoke`, as `program` (with `parameters`), as `ops`,
 * or as both; an `ok` repeats the `ops` with what was seen filled in. An `ok` without them says that what was written
 * is written, and that what was read is not known any more.
 *
 * | in `invoke` | in `ok` | |
 * |---|---|---|
 * | `["append",key,element]` | the same | adds to the key's list; no two appends to a key have the same element |
 * | `["r",key,null]` | `["r",key,[1,2]]`, `["r",key,value]` | reads a list or a register; null: empty, absent |
 * | `["w",key,value]` | the same | writes a register |
 * | `["cas",key,[from,to]]` | `["cas",key,[from,to],true]` | writes `to` if the register holds `from`; false: it did not |
 *
 * A key is a list or a register, never both. `reads`, `value` and `revision` of an `ok` are the program's: what its
 * `get`s saw before it ran (absent keys are absent), what it returned, and the revision that it committed at or, if it
 * wrote nothing, read at. An `ok` without `reads` or `value` says that they are not known any more. Integers are JSON
 * numbers, `{"$int":"…"}` beyond 2^53; `{"$float":4}` is a float that looks like an integer, `{"$bytes":"…"}` is base64.
 *
 * The last line may be `end`: `replicas` says what each node holds (`hash` of its state after `slot`), `reads` what the
 * keys of `ops` hold after everything, read when no operation was under way any more.
 */
export interface History {
  /** In the order of their invocations. */
  readonly operations: readonly Operation[]
  readonly end: EndEvent | null
}

export interface Operation {
  /** Its place in `History.operations`. */
  readonly index: number
  /** Of its `invoke`, from 1. */
  readonly line: number
  readonly process: number | string
  readonly workload: string | null
  /** The lines on which it began and ended; it was under way between them. Infinity: it never ended. */
  readonly invoked: number
  readonly completed: number
  /**
   * `committed`: its effects, if any, took place. `aborted`: the program ended itself, without effect. `refused`:
   * certainly without effect. `unknown`: nobody knows.
   */
  readonly outcome: 'committed' | 'aborted' | 'refused' | 'unknown'
  /** With what was seen, if `sees`. */
  readonly ops: readonly MicroOperation[]
  readonly sees: boolean
  readonly program: Asked | null
  readonly answer: Answer
}

/** A program as it was sent. */
export interface Asked {
  readonly text: string
  readonly parameters: Readonly<Record<string, Json>>
}

/** What a program gave back; undefined: not known. */
export interface Answer {
  readonly reads: Readonly<Record<string, Json>> | undefined
  readonly value: Json | undefined
  readonly revision: number | undefined
}

/** The history is not one: the message is a sentence that names the line. */
export class HistoryError extends Error {
  override readonly name = 'HistoryError'
}

/** The history that a JSON-lines text tells. Throws `HistoryError`. */
export function parseHistory(text: string): History {
  const lines = text.split('\n')
  const pairing = new Pairing()
  for (const [index, line] of lines.entries()) {
    if (line.trim() === '') continue
    pairing.add(parsed(line, index + 1), index + 1)
  }
  return pairing.history()
}

/** The history that events tell; errors and findings call the first one line 1. Throws `HistoryError`. */
export function historyOf(events: readonly (Event | EndEvent)[]): History {
  const pairing = new Pairing()
  for (const [index, event] of events.entries()) pairing.add(event, index + 1)
  return pairing.history()
}

function parsed(line: string, number: number): unknown {
  try {
    return JSON.parse(line)
  } catch {
    throw new HistoryError(`line ${number} is not JSON`)
  }
}

type Invocation = Extract<Event, { type: 'invoke' }>
type Completion = Exclude<Event, { type: 'invoke' }>

/** Puts each completion to its invocation. */
class Pairing {
  readonly #operations: Operation[] = []
  readonly #open = new Map<number | string, { readonly invocation: Invocation; readonly index: number }>()
  readonly #retired = new Set<number | string>()
  readonly #kinds = new Map<string, 'list' | 'register'>()
  readonly #elements = new Map<string, Set<number | string>>()
  #end: EndEvent | null = null

  add(raw: unknown, line: number): void {
    const event = eventOf(raw)
    if (typeof event === 'string') throw new HistoryError(`line ${line} ${event}`)
    if (this.#end !== null) throw new HistoryError(`line ${line} follows the end of the history`)
    if (event.type === 'end') this.#end = event
    else if (event.type === 'invoke') this.#invoke(event, line)
    else this.#complete(event, line)
  }

  history(): History {
    return { operations: this.#operations, end: this.#end }
  }

  #invoke(event: Invocation, line: number): void {
    const { process } = event
    if (this.#open.has(process)) {
      throw new HistoryError(`line ${line} invokes while an operation of process ${process} is open`)
    }
    if (this.#retired.has(process)) {
      throw new HistoryError(`line ${line} uses process ${process} again, whose last operation ended in info`)
    }
    for (const op of event.ops ?? []) this.#register(op, line)
    const index = this.#operations.length
    this.#open.set(process, { invocation: event, index })
    this.#operations.push({
      index,
      line,
      process,
      workload: event.workload ?? null,
      invoked: line,
      completed: Number.POSITIVE_INFINITY,
      outcome: 'unknown',
      ops: event.ops ?? [],
      sees: false,
      program: event.program === undefined ? null : { text: event.program, parameters: event.parameters ?? {} },
      answer: NO_ANSWER,
    })
  }

  #complete(event: Completion, line: number): void {
    const { process } = event
    const open = this.#open.get(process)
    const operation = open === undefined ? undefined : this.#operations[open.index]
    if (open === undefined || operation === undefined) {
      throw new HistoryError(`line ${line} completes an operation that process ${process} has not invoked`)
    }
    this.#open.delete(process)
    switch (event.type) {
      case 'info':
        this.#retired.add(process)
        return
      case 'fail':
        this.#operations[open.index] = { ...operation, completed: line, outcome: 'refused' }
        return
      case 'ok': {
        const outcome = OUTCOMES[event.status ?? 'committed']
        const asked = open.invocation.ops ?? []
        if (event.ops !== undefined && outcome === 'committed') {
          if (!isSameWork(asked, event.ops)) {
            throw new HistoryError(`line ${line} completes other ops than line ${operation.line} invoked`)
          }
          for (const op of event.ops) this.#noteRead(op, line)
        }
        const { reads, value, revision } = event
        const sees = outcome === 'committed' && event.ops !== undefined
        const ops = sees ? (event.ops ?? asked) : asked
        this.#operations[open.index] = {
          ...operation,
          completed: line,
          outcome,
          ops,
          sees,
          answer: { reads, value, revision },
        }
        return
      }
      default:
        return event satisfies never
    }
  }

  /** What the checkers rely on: keys are of one kind, and an element names its append. */
  #register(op: MicroOperation, line: number): void {
    const [kind, key] = op
    if (kind === 'r') return
    this.#useAs(kind === 'append' ? 'list' : 'register', key, line)
    if (kind !== 'append') return
    const elements = this.#elements.get(key) ?? new Set()
    this.#elements.set(key, elements)
    if (elements.has(op[2])) {
      throw new HistoryError(`line ${line} appends ${JSON.stringify(op[2])} to ${JSON.stringify(key)} a second time`)
    }
    elements.add(op[2])
  }

  #noteRead(op: MicroOperation, line: number): void {
    if (op[0] === 'r' && op[2] !== null) this.#useAs(Array.isArray(op[2]) ? 'list' : 'register', op[1], line)
  }

  #useAs(kind: 'list' | 'register', key: string, line: number): void {
    const known = this.#kinds.get(key)
    if (known === undefined) this.#kinds.set(key, kind)
    else if (known !== kind) {
      throw new HistoryError(`line ${line} uses ${JSON.stringify(key)} as a ${kind}, earlier lines as a ${known}`)
    }
  }
}

/** Whether the ops that were completed are those that were invoked, but for what was seen. */
function isSameWork(invoked: readonly MicroOperation[], completed: readonly MicroOperation[]): boolean {
  if (invoked.length !== completed.length) return false
  return invoked.every((op, index) => {
    const other = completed[index]
    if (other === undefined || op[0] !== other[0] || op[1] !== other[1]) return false
    return op[0] === 'r' || op[2] === other[2] || JSON.stringify(op[2]) === JSON.stringify(other[2])
  })
}

const OUTCOMES = { committed: 'committed', aborted: 'aborted', error: 'refused' } as const

const NO_ANSWER: Answer = { reads: undefined, value: undefined, revision: undefined }
