import type { Entry } from '../proto/gen/decree/v1/store.ts'
import { checkWaiting } from './arguments.ts'
import { DecreeError } from './errors.ts'
import { encodeProgram, mayWrite, type Parameters, type Program } from './program.ts'
import type { CallOptions, Session } from './session.ts'
import { decodeValue, type Input, type Value } from './value.ts'

/** How a transaction ended. A fault (a mistake in the program, a cluster out of reach) is a `DecreeError` instead. */
export type Result =
  | {
      readonly status: 'committed'
      /** The revision that it committed at; of one that wrote nothing, the one that it read at. */
      readonly revision: bigint
      /** What the keys that were read held before the transaction, where they held anything; in key order. */
      readonly reads: ReadonlyMap<string, Value>
      /** What `return` gave, else null. */
      readonly value: Value
      /** False: it committed, but this answer came so late that its large result was no longer held. */
      readonly complete: boolean
    }
  | {
      readonly status: 'aborted'
      /** What `abort` gave. */
      readonly value: Value
      readonly reads: ReadonlyMap<string, Value>
    }

/** A connection to a cluster, made by `connect`. Safe to share by everything in a process. */
export class Database implements AsyncDisposable {
  readonly #session: Session

  constructor(session: Session) {
    this.#session = session
  }

  /**
   * Runs a program as one transaction, exactly once however often it has to be sent.
   *
   * Give either a `program` template and options, or the text, its parameters and options. Throws `DecreeError`.
   */
  run(program: Program, options?: CallOptions): Promise<Result>
  run(text: string, parameters?: Parameters, options?: CallOptions): Promise<Result>
  async run(program: Program | string, second?: Parameters | CallOptions, third?: CallOptions): Promise<Result> {
    if (typeof program === 'string') return this.#run(program, second as Parameters | undefined, third)
    if (typeof program?.text !== 'string')
      throw new DecreeError('invalid_argument', 'a program must be text or a template')
    return this.#run(program.text, program.parameters, second as CallOptions | undefined)
  }

  /** The value of a key; null if there is none. Throws `DecreeError`. */
  async get(key: string, options?: CallOptions): Promise<Value> {
    const { reads } = await this.#run('get $key;', { key }, options)
    return reads.get(key) ?? null
  }

  /** Gives the key a value; null deletes it. Throws `DecreeError`. */
  async put(key: string, value: Input, options?: CallOptions): Promise<{ readonly revision: bigint }> {
    return this.#write('put $key $value;', { key, value }, options)
  }

  /** Deletes the key, if it is there. Throws `DecreeError`. */
  async delete(key: string, options?: CallOptions): Promise<{ readonly revision: bigint }> {
    return this.#write('put $key $value;', { key, value: null }, options)
  }

  /** Ends the connection: calls that wait fail with `closed`, and nothing keeps the process alive. May be repeated. */
  async close(): Promise<void> {
    this.#session.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #write(text: string, parameters: Parameters, options?: CallOptions): Promise<{ readonly revision: bigint }> {
    const result = await this.#run(text, parameters, options)
    if (result.status === 'committed') return { revision: result.revision }
    throw new DecreeError('protocol_error', 'a write without `abort` was answered as aborted', { outcome: 'unknown' })
  }

  async #run(text: string, parameters?: Parameters, options?: CallOptions): Promise<Result> {
    checkWaiting(options, 'the options')
    const answer = await this.#session.execute(encodeProgram(text, parameters), mayWrite(text), options)
    const reads = decodeReads(answer.value.reads)
    const held = answer.$case === 'aborted' || answer.value.complete
    const value = held ? decodeValue(answer.value.value) : null
    if (answer.$case === 'aborted') return { status: 'aborted', value, reads }
    const { revision, complete } = answer.value
    return { status: 'committed', revision: BigInt(revision), reads, value, complete }
  }
}

function decodeReads(entries: readonly Entry[]): ReadonlyMap<string, Value> {
  return new Map(entries.map(({ key, value }) => [key, decodeValue(value)]))
}
