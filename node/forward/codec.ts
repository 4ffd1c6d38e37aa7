import type { Value } from '../../lang/index.ts'
import { encoded } from '../../proto/encode.ts'
import {
  ForwardAnswers,
  type ForwardedRequest,
  type ForwardedResponse,
  ForwardFrame,
} from '../../proto/gen/decree/v1/peer.ts'
import type { Program as WireProgram, Request as WireRequest } from '../../proto/gen/decree/v1/store.ts'
import { timeoutMs } from '../api/requests.ts'
import { encodeResponse } from '../api/responses.ts'
import type { Request, Response } from '../exec/requests.ts'
import { decodeResultKind } from '../exec/results.ts'
import { ProtocolError } from '../protocol-error.ts'
import { decodeValue, encodeValue } from '../values.ts'

/** The number of the protocol by which requests are passed on. */
export const FORWARD_PROTOCOL_VERSION = 1

/** A `ForwardFrame` with one request. `nowMs`: by the clock of the request's deadline; what is left of it goes along. */
export function encodePassed(id: number, request: Request, nowMs: number): Uint8Array {
  const { session, acked, number, deadlineMs } = request
  const wire = { number, timeoutMs: Math.max(1, Math.ceil(deadlineMs - nowMs)), kind: encodeKind(request.kind) }
  return encoded(ForwardFrame, { protocolVersion: 0, requests: [{ id, session, acked, request: wire }] })
}

/** Throws a ProtocolError, one sentence, where the request breaks the contract. */
export function decodePassed({ session, acked, request }: ForwardedRequest, nowMs: number): Request {
  if (request === undefined) throw new ProtocolError('What was passed on is no request.')
  return {
    session,
    number: request.number,
    acked,
    deadlineMs: nowMs + timeoutMs(request.timeoutMs),
    kind: decodeKind(request),
  }
}

/** `ForwardAnswers` with one answer. */
export function encodeAnswer(id: number, response: Response): Uint8Array {
  return encoded(ForwardAnswers, { responses: [{ id, response: encodeResponse(0, response) }] })
}

/** Throws an Error on what is no answer. */
export function decodeAnswer({ response }: ForwardedResponse): Response {
  const kind = response?.kind
  switch (kind?.$case) {
    case 'opened':
      return { type: 'opened', session: kind.value.session }
    case 'redirect': {
      const { address, leader, proposed } = kind.value
      return { type: 'redirect', leader: address === '' ? null : { id: leader, address }, proposed }
    }
    default:
      return decodeResultKind(kind)
  }
}

function encodeKind(kind: Request['kind']): NonNullable<WireRequest['kind']> {
  switch (kind.type) {
    case 'program': {
      const parameters = Array.from(kind.parameters, ([name, value]) => ({ name, value: encodeValue(value) }))
      return { $case: 'program', value: { text: kind.text, parameters } }
    }
    case 'open':
      return { $case: 'open', value: {} }
    case 'outcome':
      return { $case: 'outcome', value: { number: kind.number } }
    default:
      return kind satisfies never
  }
}

function decodeKind({ kind }: WireRequest): Request['kind'] {
  switch (kind?.$case) {
    case 'program':
      return { type: 'program', text: kind.value.text, parameters: decodeParameters(kind.value) }
    case 'open':
      return { type: 'open' }
    case 'outcome':
      return { type: 'outcome', number: kind.value.number }
    case undefined:
      throw new ProtocolError('What was passed on is of no known kind.')
    default:
      return kind satisfies never
  }
}

function decodeParameters({ parameters }: WireProgram): ReadonlyMap<string, Value> {
  return new Map(
    parameters.map(({ name, value }) => {
      if (value === undefined) throw new ProtocolError(`The parameter ${JSON.stringify(name)} has no value.`)
      return [name, decodeValue(value)]
    }),
  )
}
