import type { Program as WireProgram } from '../proto/gen/decree/v1/store.ts'
import type { Value as WireValue } from '../proto/gen/decree/v1/value.ts'
import type { Answer, CallOptions } from './call.ts'
import { DecreeError } from './errors.ts'
import { mayWrite } from './program.ts'
import type { Session } from './session.ts'

/** Makes a request of a call that takes several. */
export type Ask = (program: WireProgram, options: CallOptions) => Promise<Answer>

/** The same within what is left of the call's time. */
export type Request = (program: WireProgram) => Promise<Answer>

/** Makes requests in the session. A place in a program that the caller did not write is none of theirs. */
export function asking(session: Pick<Session, 'execute'>): Ask {
  return async (program, options) => {
    try {
      return await session.execute(program, mayWrite(program.text), options)
    } catch (thrown) {
      const error = DecreeError.from(thrown)
      if (error.position === undefined) throw error
      const { code, message, outcome, requestId } = error
      throw new DecreeError(code, message, { outcome, requestId, cause: error })
    }
  }
}

/** A program with parameters that are encoded already. */
export function programOf(text: string, parameters: Readonly<Record<string, WireValue>>): WireProgram {
  return { text, parameters: Object.entries(parameters).map(([name, value]) => ({ name, value })) }
}

/** A key and what is stored under it, as it came over the wire: only there ints and floats are told apart. */
export interface Held {
  /** Undefined: there is no such key. */
  readonly value: WireValue | undefined
  /** Of the transaction that wrote it; 0 if there is no such key. */
  readonly revision: bigint
  /** The revision of the state in which it was read. */
  readonly at: bigint
}

const READ = 'get $key; return revision $key;'

/** Reads a key with its revision. */
export async function readKey(request: Request, key: WireValue): Promise<Held> {
  const answer = await request(programOf(READ, { key }))
  const revision = answer.value.value?.kind
  if (answer.$case !== 'committed' || revision?.$case !== 'int') throw unexpected('a read')
  return { value: answer.value.reads[0]?.value, revision: revision.value, at: BigInt(answer.value.revision) }
}

/** For an answer that such a program cannot give. */
export function unexpected(what: string): DecreeError {
  return new DecreeError('protocol_error', `${what} was answered with what it cannot give`)
}
