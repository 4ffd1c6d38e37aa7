import type { Aborted, Committed, Program, Request, Response } from '../proto/gen/decree/v1/store.ts'
import type { Value } from '../proto/gen/decree/v1/value.ts'
import { DecreeError, type ErrorCode, type Outcome } from './errors.ts'
import { LIMITS } from './limits.ts'
import type { Stream } from './stream.ts'

export type RequestKind = NonNullable<Request['kind']>
export type ResponseKind = NonNullable<Response['kind']>

/** How a program ended, as it came over the wire. */
export type Answer =
  | { readonly $case: 'committed'; readonly value: Committed }
  | { readonly $case: 'aborted'; readonly value: Aborted }

/** How one call is made. */
export interface CallOptions {
  /** Milliseconds until the call gives up. Default 5,000. */
  readonly timeoutMs?: number | undefined
  /** Gives the call up when it fires; the call then fails with `cancelled`. */
  readonly signal?: AbortSignal | undefined
}

/** What a call starts with. */
export interface CallStart {
  readonly kind: RequestKind
  /** Of its request, encoded, not exact. */
  readonly bytes: number
  /** False: the program certainly writes nothing, so that it can run any number of times. */
  readonly mayWrite: boolean
  /** The session that the call belongs to, where it is not free to be sent in any. */
  readonly session?: number | undefined
  readonly resolve: (answer: Answer) => void
  readonly reject: (error: DecreeError) => void
  /** Of a question about a request: the answer is that the request itself has failed. */
  readonly recorded?: ((failure: DecreeError) => void) | undefined
}

/** One logical call, from the caller's wish to its end, over however many copies of its request. */
export class Call implements CallStart {
  readonly kind: RequestKind
  readonly bytes: number
  readonly mayWrite: boolean
  readonly resolve: (answer: Answer) => void
  readonly reject: (error: DecreeError) => void
  readonly recorded: ((failure: DecreeError) => void) | undefined
  /** By `performance.now()`, like all times of a call. */
  readonly deadlineMs: number
  /** From its beginning to its deadline. */
  readonly allowedMs: number
  /** Undoes, when the call is settled, what listens to its caller's signal. */
  readonly release: (() => void) | undefined
  /**
   * Every copy carries it, so that servers know copies from new requests; never used for another call. 0: it has none, and
   * nothing of it is on its way. See `Calls`.
   */
  number = 0
  /** The session that its copies belong to: kept while any of them may have been executed. */
  session: number | undefined
  /** Copies that were sent and not certainly refused: while there are none it had no effect. */
  uncertain = 0
  /** Since when it has waited for an answer: when a copy was sent while none was under way. */
  sentAtMs = 0
  /** How often it was redirected or had to be sent again. */
  tries = 0
  /** It is one of those that may be on their way: see `Window`. */
  isAdmitted = false
  /** The streams on which a copy waits for its answer: hardly ever more than one. */
  readonly #askedOn: Stream[] = []

  /** Nothing of it was sent yet. `allowedMs`: from now to its deadline. */
  constructor(start: CallStart, allowedMs: number, release?: () => void) {
    this.kind = start.kind
    this.bytes = start.bytes
    this.mayWrite = start.mayWrite
    this.resolve = start.resolve
    this.reject = start.reject
    this.recorded = start.recorded
    this.allowedMs = allowedMs
    this.deadlineMs = performance.now() + allowedMs
    this.release = release
    this.session = start.session
  }

  get askedOn(): readonly Stream[] {
    return this.#askedOn
  }

  /** A copy waits for an answer. */
  get isUnderWay(): boolean {
    return this.#askedOn.length > 0
  }

  isAskedOn(stream: Stream): boolean {
    return this.#askedOn.includes(stream)
  }

  /** A copy is sent. */
  asked(stream: Stream): void {
    if (!this.#askedOn.includes(stream)) this.#askedOn.push(stream)
  }

  /** No copy waits there any more. False: none did. */
  answered(stream: Stream): boolean {
    const index = this.#askedOn.indexOf(stream)
    if (index < 0) return false
    this.#askedOn.splice(index, 1)
    return true
  }
}

/** `unknown` while a copy of what may write may have been executed; and what a question about such a call is about. */
export function outcomeOf(call: Call): Outcome {
  if (call.kind.$case === 'outcome') return 'unknown'
  return call.mayWrite && call.uncertain > 0 ? 'unknown' : 'none'
}

/** An error that ends the call, saying what is known of its effect. */
export function failureOf(call: Call, code: ErrorCode, why: string, cause?: unknown): DecreeError {
  const outcome = outcomeOf(call)
  if (outcome === 'none') return new DecreeError(code, `${why}; it had no effect`, { outcome, cause })
  const requestId = requestIdOf(call)
  const isQuestion = call.kind.$case === 'outcome'
  const effect = isQuestion ? `how request ${requestId} ended` : `it may have had its effect (request ${requestId})`
  const message = isQuestion ? `${why}; it is not known ${effect}` : `${why}; ${effect}`
  return new DecreeError(code, message, { outcome, requestId, cause })
}

/** What ends the call at its deadline: with what is wrong with the servers that it might have been sent to. */
export function timeoutOf(call: Call, servers: readonly Stream[]): DecreeError {
  const troubles = servers.flatMap(({ lastError }) => (lastError === undefined ? [] : [lastError.message]))
  const noted = troubles.length === 0 ? '' : ` (${troubles.join('; ')})`
  return failureOf(call, 'timeout', `no answer within the deadline${noted}`)
}

/** Throws what keeps a call from being made: a signal that has fired, a request that is too large to travel. */
export function checkStart(bytes: number, signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new DecreeError('cancelled', 'the call was cancelled', { cause: signal.reason })
  if (bytes <= LIMITS.requestBytesMax) return
  const message = `program and parameters take ${bytes} bytes; at most ${LIMITS.requestBytesMax} can be sent`
  throw new DecreeError('limit_exceeded', message)
}

/** The name of the request that the call makes, or asks about: its session and its number there. */
export function requestIdOf({ kind, session = 0, number }: Call): string {
  return `${session}/${kind.$case === 'outcome' ? kind.value.number : number}`
}

/** About how many bytes a program takes on the wire; rather more than less. */
export function programBytes(program: Program): number {
  let bytes = 32 + Buffer.byteLength(program.text)
  for (const { name, value } of program.parameters) bytes += 16 + name.length + valueBytes(value)
  return bytes
}

/** About how many bytes a value takes on the wire; rather more than less. */
export function valueBytes(value: Value | undefined): number {
  const kind = value?.kind
  switch (kind?.$case) {
    case 'string':
      return 10 + Buffer.byteLength(kind.value)
    case 'bytes':
      return 10 + kind.value.length
    case 'list':
      return kind.value.items.reduce((sum, item) => sum + 5 + valueBytes(item), 10)
    case 'map':
      return kind.value.pairs.reduce((sum, pair) => sum + 15 + 3 * pair.key.length + valueBytes(pair.value), 10)
    default:
      return 12
  }
}
