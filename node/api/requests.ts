import type { Value } from '../../lang/index.ts'
import type { Program as WireProgram, Request as WireRequest } from '../../proto/gen/decree/v1/store.ts'
import type { ErrorCode, Failure, Request } from '../exec/requests.ts'
import { LIMITS } from '../limits.ts'
import { ProtocolError } from '../protocol-error.ts'
import { decodeValue } from '../values.ts'

type Kind = Request['kind']

/** What a frame says once for all its requests. */
export interface SessionState {
  /** The revision that names the session; 0: none yet. */
  readonly session: number
  readonly acked: number
}

/**
 * A request of a frame, for the executor. Throws a ProtocolError, one sentence, where it breaks the contract: it is
 * then to be answered `protocol_error`, with certainly no effect.
 */
export function decodeRequest(wire: WireRequest, { session, acked }: SessionState, nowMs: number): Request {
  const kind = decodeKind(wire)
  if (kind.type !== 'open') {
    if (session === 0) throw new ProtocolError(`Request ${wire.number} names no session; open one first.`)
    if (wire.number === 0) throw new ProtocolError('A request has no number; requests are numbered from 1.')
  }
  return {
    session: kind.type === 'open' ? '' : `s${session}`,
    number: wire.number,
    acked,
    deadlineMs: nowMs + timeoutMs(wire.timeoutMs),
    kind,
  }
}

/** Throws a ProtocolError where the program breaks the contract. What its text means is the language's business. */
export function decodeProgram(program: WireProgram): Kind {
  const parameters = new Map<string, Value>()
  for (const { name, value } of program.parameters) {
    const parameter = `parameter ${JSON.stringify(name)}`
    if (parameters.has(name)) throw new ProtocolError(`The ${parameter} is given twice.`)
    if (value === undefined) throw new ProtocolError(`The ${parameter} has no value.`)
    try {
      parameters.set(name, decodeValue(value))
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      throw new ProtocolError(`The ${parameter} cannot be read: ${why}.`)
    }
  }
  return { type: 'program', text: program.text, parameters }
}

/** How long a request may take, ms, for what its caller allows; 0: no matter. */
export function timeoutMs(allowedMs: number | bigint): number {
  if (allowedMs <= 0) return LIMITS.requestTimeoutMs
  return allowedMs > LIMITS.requestTimeoutMsMax ? LIMITS.requestTimeoutMsMax : Number(allowedMs)
}

export function failure(code: ErrorCode, message: string, outcome: Failure['outcome'] = 'none'): Failure {
  return { type: 'failed', code, message, outcome }
}

/** For what is refused while the node stops. */
export const STOPPING: Failure = failure('closed', 'This node is stopping.')

function decodeKind(wire: WireRequest): Kind {
  if (wire.kind === undefined) throw new ProtocolError(`Request ${wire.number} is of no known kind.`)
  switch (wire.kind.$case) {
    case 'program':
      return decodeProgram(wire.kind.value)
    case 'open':
      return { type: 'open' }
    case 'outcome':
      return { type: 'outcome', number: wire.kind.value.number }
    default:
      return wire.kind satisfies never
  }
}
