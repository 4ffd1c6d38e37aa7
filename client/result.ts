import type { Entry } from '../proto/gen/decree/v1/store.ts'
import type { Answer } from './call.ts'
import type { Conclusion } from './doubts.ts'
import type { DecreeError } from './errors.ts'
import { decodeValue, type Value } from './value.ts'

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

/** How an earlier call ended, as `Database.outcome` finds it out. */
export type Ended =
  | Result
  /** By its own fault, without effect. */
  | { readonly status: 'failed'; readonly error: DecreeError }
  /** It was not executed, and never will be. */
  | { readonly status: 'not_executed' }

/** An answer as the library gives it. Throws `protocol_error` on values without a kind. */
export function decodeAnswer(answer: Answer): Result {
  const reads = decodeReads(answer.value.reads)
  const held = answer.$case === 'aborted' || answer.value.complete
  const value = held ? decodeValue(answer.value.value) : null
  if (answer.$case === 'aborted') return { status: 'aborted', value, reads }
  const { revision, complete } = answer.value
  return { status: 'committed', revision: BigInt(revision), reads, value, complete }
}

/** The same of a conclusion. */
export function decodeConclusion(conclusion: Conclusion): Ended {
  switch (conclusion.$case) {
    case 'committed':
    case 'aborted':
      return decodeAnswer(conclusion)
    case 'failed':
      return { status: 'failed', error: conclusion.error }
    case 'not_executed':
      return { status: 'not_executed' }
    default:
      return conclusion satisfies never
  }
}

function decodeReads(entries: readonly Entry[]): ReadonlyMap<string, Value> {
  return new Map(entries.map(({ key, value }) => [key, decodeValue(value)]))
}
