import { type sendUnaryData, status } from '@grpc/grpc-js'
import type { WireReader } from '../../proto/reader.ts'
import { LIMITS } from '../limits.ts'
import { reasonOf } from '../reason.ts'
import { readerOf } from './frame-reader.ts'
import { type Intake, requestUnits } from './intake.ts'

/** For methods whose requests reach their handler in their encoding. */
export const AS_IT_COMES = {
  requestSerialize: (message: Buffer) => message,
  requestDeserialize: (message: Buffer) => message,
} as const

/** `decode` for services that take names only; it throws a sentence at what is longer than any name. */
export function short<M>(decode: (message: Buffer) => M): (message: Buffer) => M {
  return (message) => {
    if (message.length <= LIMITS.clientAtOnceBytesMax) return decode(message)
    throw new Error(`a question of ${message.length} bytes, more than ${LIMITS.clientAtOnceBytesMax}`)
  }
}

/**
 * Has a call's only message read, at once or, if it is large, when its turn comes. `read` is given a reader and where the
 * message ends; an Error that it throws says what is malformed, and is told to the caller. What it gives, `act` gets.
 */
export function takeMessage<M, T>(
  message: Buffer,
  intake: Intake,
  send: sendUnaryData<T>,
  read: (reader: WireReader, end: number) => M,
  act: (message: M) => void,
): void {
  const take = () => {
    const taken = attempt(() => read(readerOf(message), message.length))
    if ('why' in taken) send({ code: status.INVALID_ARGUMENT, details: `The request cannot be decoded: ${taken.why}.` })
    else act(taken.done)
    return requestUnits(message.length)
  }
  if (message.length <= LIMITS.clientAtOnceBytesMax) take()
  else intake.add(take)
}

function attempt<T>(act: () => T): { readonly done: T } | { readonly why: string } {
  try {
    return { done: act() }
  } catch (error) {
    return { why: reasonOf(error) }
  }
}
