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

/** `waitMs`: when it is worth while to try again, by what is expected; 0: nothing is. */
export function overloaded(why: string, waitMs: number): Failure {
  const retryAfterMs = Math.ceil(Math.min(RETRY_MS_MAX, Math.max(RETRY_MS_MIN, waitMs)))
  return { ...failed('overloaded', `${why}; try again in ${retryAfterMs} ms`), retryAfterMs }
}

export const UNPARSED = failed(
  'internal',
  'the program could not be parsed: the parser of this node ended before it was done',
)

export function redirect(leader: Leader | null, proposed: boolean): Response {
  return { type: 'redirect', leader, proposed }
}

/** Refusing costs, too: not so soon that nothing else would be done, and not so late that the node would have nothing to do. */
const RETRY_MS_MIN = 50
const RETRY_MS_MAX = 1_000
