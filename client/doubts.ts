import { type Answer, type Call, type CallStart, valueBytes } from './call.ts'
import { DecreeError, type ErrorCode } from './errors.ts'
import { LIMITS } from './limits.ts'

/** How a request ended, as far as the cluster knows. */
export type Conclusion =
  | Answer
  /** It failed by its own fault, and had no effect. */
  | { readonly $case: 'failed'; readonly error: DecreeError }
  /** It had no effect and will have none: it was not executed, and never will be. */
  | { readonly $case: 'not_executed' }

/** A request's name: its session and its number there. */
export interface RequestName {
  readonly session: number
  readonly number: number
}

/** Reads what an error carries as `requestId`. Throws `invalid_argument`. */
export function parseRequestId(id: unknown): RequestName {
  const [, session, number] = (typeof id === 'string' ? /^([1-9]\d{0,14})\/([1-9]\d{0,14})$/.exec(id) : null) ?? []
  if (session === undefined || number === undefined) {
    throw new DecreeError('invalid_argument', 'a request id is what an error carries as `requestId`, such as "7/12"')
  }
  return { session: Number(session), number: Number(number) }
}

/** The conclusions about calls whose callers gave up, known or still being found out. */
export class Doubts {
  readonly #held = new Map<string, Promise<Conclusion>>()

  add(requestId: string, found: Promise<Conclusion>): void {
    const conclusion = found.then(withoutMuch)
    this.#held.set(requestId, conclusion)
    // What was not found out may be asked again.
    conclusion.catch(() => this.#held.delete(requestId))
    for (const oldest of this.#held.keys()) {
      if (this.#held.size <= LIMITS.doubtsMax) break
      this.#held.delete(oldest)
    }
  }

  find(requestId: string): Promise<Conclusion> | undefined {
    return this.#held.get(requestId)
  }
}

/** With these a call may end before its outcome is known, although the cluster knows it, or will. */
const DOUBTFUL: ReadonlySet<ErrorCode> = new Set(['timeout', 'cancelled', 'internal', 'protocol_error'])

/** Whether the call ends with its outcome unknown, and it can be asked for. */
export function isDoubtful({ kind, session }: Call, { code, outcome }: DecreeError): boolean {
  return outcome === 'unknown' && DOUBTFUL.has(code) && kind.$case === 'program' && session !== undefined
}

/** For a question that has waited for as long as it may. */
export function stillUnknown(requestId: string, { code, cause }: DecreeError): DecreeError {
  return new DecreeError(code, `it is not known how request ${requestId} ended`, {
    outcome: 'unknown',
    requestId,
    cause,
  })
}

/** What answers to the question about a request mean: an answer of its own, or how it has failed. */
export function concluding(resolve: (conclusion: Conclusion) => void): Pick<CallStart, 'resolve' | 'recorded'> {
  return {
    resolve,
    recorded: (error) => resolve(error.code === 'cancelled' ? { $case: 'not_executed' } : { $case: 'failed', error }),
  }
}

function withoutMuch(answer: Conclusion): Conclusion {
  if (answer.$case !== 'committed' && answer.$case !== 'aborted') return answer
  const { reads, value } = answer.value
  const bytes = reads.reduce((sum, read) => sum + read.key.length + valueBytes(read.value), valueBytes(value))
  if (bytes <= LIMITS.doubtBytesMax) return answer
  const nothing = { reads: [], value: { kind: { $case: 'null', value: true } } } as const
  if (answer.$case === 'aborted') return { $case: 'aborted', value: { ...nothing, reads: [] } }
  return { $case: 'committed', value: { ...answer.value, ...nothing, reads: [], complete: false } }
}
