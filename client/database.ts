import { checkWaiting } from './arguments.ts'
import type { CallOptions } from './call.ts'
import { type Change, change } from './change.ts'
import { parseRequestId } from './doubts.ts'
import { DecreeError } from './errors.ts'
import { encodeProgram, mayWrite, type Parameters, type Program } from './program.ts'
import { asking } from './requests.ts'
import { decodeAnswer, decodeConclusion, type Ended, type Result } from './result.ts'
import { checkRange, type ScanEntry, type ScanOptions, scanPages } from './scan.ts'
import type { Session } from './session.ts'
import { transact } from './transact.ts'
import type { Transaction } from './transaction.ts'
import { decodeValue, type Input, type Value } from './value.ts'

const OPTIONS = 'the options'

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
  run(program: Program | string, second?: Parameters | CallOptions, third?: CallOptions): Promise<Result> {
    if (typeof program === 'string') return this.#run(program, second as Parameters | undefined, third)
    if (typeof program?.text === 'string')
      return this.#run(program.text, program.parameters, second as CallOptions | undefined)
    return Promise.reject(new DecreeError('invalid_argument', 'a program must be text or a template'))
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

  /**
   * The entries whose keys start with `prefix` (the empty one: all), in the order of keys. They are asked for in pages,
   * one when the one before is used up: each page is of one state of the store, and `timeoutMs` is its deadline. What
   * is written behind the place that the scan has come to shows in later pages.
   *
   * Throws `DecreeError` where it is iterated: `invalid_argument` for what is no prefix, `after` or `limit`.
   */
  async *scan(prefix: string, options: ScanOptions = {}): AsyncGenerator<ScanEntry, void, undefined> {
    checkWaiting(options, OPTIONS)
    checkRange(prefix, options)
    const { timeoutMs, signal } = options
    const ask = asking(this.#session)
    for await (const { entries } of scanPages((program) => ask(program, { timeoutMs, signal }), prefix, options)) {
      for (const { key, value, revision } of entries) yield { key, value: decodeValue(value), revision }
    }
  }

  /**
   * Changes the value of a key by a function: reads it, calls `next` with it, and writes what that gives if the key has
   * not been written meanwhile, else begins anew after a rest cut by chance. So `next` may be called several times, and
   * takes effect once. It gets null for an absent key; null from it deletes. It may be async. Where the stored value has
   * a float, a number in the same place stays one. Gives the value written.
   *
   * What `next` throws is thrown as it is, and nothing has changed. Else throws `DecreeError`: `timeout` at the deadline
   * (for all attempts together), with `outcome: 'unknown'` if it came while the last write was under way.
   */
  async change(key: string, next: Change, options?: CallOptions): Promise<Value> {
    checkWaiting(options, OPTIONS)
    checkFunction(next)
    return change(asking(this.#session), key, next, options)
  }

  /**
   * Runs `work` as one transaction, for what a program cannot express. Optimistic: it reads as it goes, its writes are
   * kept back, and in the end one program checks that nothing of what it read has changed (absent keys and scanned
   * ranges included) and writes. Where something has, `work` is run again after a rest cut by chance; so it may be
   * called several times, and must have no other effects. All that one attempt reads is of one state of the store.
   * Gives what `work` gives.
   *
   * What `work` throws is thrown as it is, and nothing has changed. Else throws `DecreeError`: `conflict` when others were
   * faster until the deadline (for all attempts together), `timeout`, with `outcome: 'unknown'` if the deadline came while
   * the last write was under way; `limit_exceeded` for more reads and writes than one program can check and make.
   */
  async transact<T>(work: (tx: Transaction) => T | Promise<T>, options?: CallOptions): Promise<T> {
    checkWaiting(options, OPTIONS)
    checkFunction(work)
    return transact(asking(this.#session), work, options)
  }

  /**
   * How an earlier call ended that failed with `outcome: 'unknown'`: give the `requestId` of its error. If the call was
   * not executed yet, it never will be. Works on any connection, also of another process, as long as the cluster holds
   * the call's result: the connection that made it sees to that for a minute, or until it closes and beyond.
   *
   * Throws `DecreeError`: `invalid_argument` for what is no id; `settled` and `session_expired` when the result is no longer
   * held; `timeout`. All but the first have `outcome: 'unknown'`: it is as unknown as before.
   */
  async outcome(requestId: string, options?: CallOptions): Promise<Ended> {
    checkWaiting(options, OPTIONS)
    return decodeConclusion(await this.#session.outcome(parseRequestId(requestId), options))
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
    checkWaiting(options, OPTIONS)
    const answer = await this.#session.execute(encodeProgram(text, parameters), mayWrite(text), options)
    return decodeAnswer(answer)
  }
}

function checkFunction(given: unknown): void {
  if (typeof given !== 'function') throw new DecreeError('invalid_argument', 'a function is needed')
}
