import type { Program } from '../../lang/index.ts'
import type { Failure, Request, Response } from './requests.ts'
import { failed, parameterFailure } from './run.ts'

/** A leader as clients are told it. */
export interface Leader {
  readonly id: string
  /** `host:port` */
  readonly address: string
}

/** Why a request is not executed, whatever the state; null: it may be. */
export function refusalOf({ session, kind }: Request, program: Program | null): Failure | null {
  const failure = kind.type === 'program' && program !== null ? parameterFailure(program, kind.parameters) : null
  if (failure !== null || session !== '' || kind.type === 'open' || program?.canWrite === false) return failure
  return failed('protocol_error', 'the request names no session')
}

export const OVERLOADED = failed('overloaded', 'too many requests are waiting on this node; try again')

export const UNPARSED = failed(
  'internal',
  'the program could not be parsed: the parser of this node ended before it was done',
)

export function redirect(leader: Leader | null, proposed: boolean): Response {
  return { type: 'redirect', leader, proposed }
}
