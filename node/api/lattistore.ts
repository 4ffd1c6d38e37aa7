import type { handleUnaryCall, Server } from '@grpc/grpc-js'
import type { Value } from '../../lang/index.ts'
import { KVService, type Request as WireRequest, type Response as WireResponse } from '../../proto/gen/client.ts'
import type { Failure, Request, Response } from '../exec/requests.ts'
import type { ApiHandler } from './handler.ts'
import { valueToJson } from './json.ts'
import { submitOnce } from './once.ts'
import { timeoutMs } from './requests.ts'

type Result = NonNullable<WireResponse['result']>

/**
 * Serves `client.KV`, LattiStore's own contract, for its clients and its test harness. A request is a session of
 * its own, named by its id: repeated, it gets the first answer.
 */
export function serveLattiStore(server: Server, handler: ApiHandler): void {
  const execute: handleUnaryCall<WireRequest, WireResponse> = (call, send) => {
    const { id, timeout, body } = call.request
    const kind: Request['kind'] = { type: 'program', text: body, parameters: new Map() }
    submitOnce(call, handler, { session: `l${id}`, number: 1, acked: 0, kind }, timeoutMs(timeout), (response) => {
      send(null, { result: toResult(response) })
    })
  }
  server.addService(KVService, { execute })
}

/**
 * LattiStore's harness takes a redirect, `too_many_requests`, `compile_error` and `could_handle = false` for
 * certainly not executed. So none of these may stand for what perhaps was.
 */
function toResult(response: Response): Result {
  switch (response.type) {
    case 'committed':
      return { $case: 'read', value: { value: toTexts(response.reads) } }
    case 'aborted':
      return { $case: 'compileError', value: `aborted: ${valueToJson(response.value)}` }
    case 'failed':
      return ofFailure(response)
    case 'redirect':
      return ofRedirect(response)
    case 'opened':
      throw new Error('A request that opens no session was answered by one.')
    default:
      return response satisfies never
  }
}

function ofFailure({ code, message, outcome }: Failure): Result {
  switch (code) {
    case 'timeout':
      return { $case: 'timeout', value: {} }
    case 'closed':
      return { $case: 'closing', value: {} }
    case 'unreachable':
      return { $case: 'nodesUnreachable', value: {} }
    default:
      if (outcome === 'unknown') return { $case: 'lostLeadership', value: { maybeId: undefined, couldHandle: true } }
      if (code === 'overloaded') return { $case: 'tooManyRequests', value: {} }
      return { $case: 'compileError', value: message }
  }
}

function ofRedirect({ leader, proposed }: Extract<Response, { type: 'redirect' }>): Result {
  // Node ids are 63 bits: as int64 they are positive.
  const maybeId =
    leader === null ? undefined : { $case: 'id' as const, value: BigInt.asIntN(64, BigInt(`0x${leader.id}`)) }
  if (proposed) return { $case: 'lostLeadership', value: { maybeId, couldHandle: true } }
  if (leader === null) return { $case: 'nodesUnreachable', value: {} }
  return { $case: 'redirectTo', value: { maybeId, address: leader.address } }
}

/** A string as it is, any other value as JSON text; an absent one not at all. */
function toTexts(reads: ReadonlyMap<string, Value>): Map<string, string> {
  const texts = new Map<string, string>()
  for (const [key, value] of reads) {
    if (value !== null) texts.set(key, typeof value === 'string' ? value : valueToJson(value))
  }
  return texts
}
