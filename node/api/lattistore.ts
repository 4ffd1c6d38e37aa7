import { type handleUnaryCall, Metadata, type Server } from '@grpc/grpc-js'
import type { Value } from '../../lang/index.ts'
import { KVService, type Response as WireResponse } from '../../proto/gen/client.ts'
import type { WireReader } from '../../proto/reader.ts'
import type { Failure, Request, Response } from '../exec/requests.ts'
import type { ApiHandler } from './handler.ts'
import type { Intake } from './intake.ts'
import { valueToJson } from './json.ts'
import { submitOnce } from './once.ts'
import { stringAt, timeoutMs } from './requests.ts'
import { AS_IT_COMES, takeMessage } from './unary.ts'

type Result = NonNullable<WireResponse['result']>

/**
 * Serves `client.KV`, LattiStore's own contract, for its clients and its test harness. A request is a session of
 * its own, named by its id: repeated, it gets the first answer. `intake`: where large messages wait for their turn.
 */
export function serveLattiStore(server: Server, handler: ApiHandler, intake: Intake): void {
  const execute: handleUnaryCall<Buffer, WireResponse> = (call, send) => {
    takeMessage(call.request, intake, send, readRequest, ({ id, timeout, body }) => {
      const kind: Request['kind'] = { type: 'program', text: body, parameters: new Map() }
      submitOnce(call, handler, { session: `l${id}`, number: 1, acked: 0, kind }, timeoutMs(timeout), (response) => {
        send(null, { result: toResult(response) }, hintOf(response))
      })
    })
  }
  server.addService({ execute: { ...KVService.execute, ...AS_IT_COMES } }, { execute })
}

/** A `client.Request`. Throws an Error on what is malformed. */
function readRequest(reader: WireReader, end: number): { id: bigint; timeout: bigint; body: string } {
  let [id, timeout] = [0n, 0n]
  let bodyAt: number | null = null
  reader.message(end, (tag) => {
    if (tag === 8) id = BigInt(reader.int64())
    else if (tag === 16) timeout = BigInt(reader.uint64())
    else if (tag === 26) bodyAt = reader.leave(end)
    else return false
    return true
  })
  return { id, timeout, body: bodyAt === null ? '' : stringAt(reader, bodyAt) }
}

/** When to come again: the contract has no room for it, but gRPC has a name for it beside an answer. */
function hintOf(response: Response): Metadata | undefined {
  if (response.type !== 'failed' || response.retryAfterMs === undefined) return undefined
  const hint = new Metadata()
  hint.set('grpc-retry-pushback-ms', String(response.retryAfterMs))
  return hint
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
