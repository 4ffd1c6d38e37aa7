import { randomUUID } from 'node:crypto'
import {
  type handleBidiStreamingCall,
  type handleUnaryCall,
  type Server,
  type ServiceDefinition,
  type sendUnaryData,
  status,
} from '@grpc/grpc-js'
import { type StatusResponse, StoreService, type Response as WireResponse } from '../../proto/gen/decree/v1/store.ts'
import type { WireReader } from '../../proto/reader.ts'
import type { Request } from '../exec/requests.ts'
import { LIMITS } from '../limits.ts'
import { reasonOf } from '../reason.ts'
import type { ApiHandler } from './handler.ts'
import type { Intake } from './intake.ts'
import { submitOnce, type UnaryCall } from './once.ts'
import { BadRequest, readProgram, stringAt, timeoutMs } from './requests.ts'
import { encodeResponse } from './responses.ts'
import { Sessions } from './sessions.ts'
import { encodeStatus } from './status.ts'
import { AS_IT_COMES, takeMessage } from './unary.ts'

/**
 * Serves `decree.v1.Store`. `intake`: where large messages wait for their turn. `close` ends the open streams when their
 * requests are answered, and refuses new ones.
 */
export function serveStore(server: Server, handler: ApiHandler, intake: Intake): { close(): void } {
  const sessions = new Sessions(handler, intake)
  const session: handleBidiStreamingCall<Buffer, Buffer> = (call) => sessions.accept(call)
  const execute: handleUnaryCall<Buffer, WireResponse> = (call, send) => {
    takeMessage(call.request, intake, send, readExecute, (head) => {
      executeOne(call, head, handler, (response) => send(null, response))
    })
  }
  const tellStatus: handleUnaryCall<Buffer, StatusResponse> = (call, send) => {
    takeMessage(call.request, intake, send, readStatus, (hash) => {
      handler.status(hash).then(
        (found) => send(null, encodeStatus(found)),
        (error: unknown) => sendFault(send, error),
      )
    })
  }
  server.addService(RAW_STORE_SERVICE, { session, execute, status: tellStatus })

  return { close: () => sessions.close() }
}

/**
 * What clients send is decoded by what serves it: only so are a frame's size and the bounds on what it holds known, and a
 * bad one gets a sentence.
 */
const RAW_STORE_SERVICE: ServiceDefinition<{
  session: handleBidiStreamingCall<Buffer, Buffer>
  execute: handleUnaryCall<Buffer, WireResponse>
  status: handleUnaryCall<Buffer, StatusResponse>
}> = {
  session: {
    ...StoreService.session,
    ...AS_IT_COMES,
    responseSerialize: (frame: Buffer) => frame,
    responseDeserialize: (frame: Buffer) => frame,
  },
  execute: { ...StoreService.execute, ...AS_IT_COMES },
  status: { ...StoreService.status, ...AS_IT_COMES },
}

/** A `decree.v1.ExecuteRequest`, its program not yet read. */
interface ExecuteHead {
  readonly timeoutMs: number
  readonly requestId: string
  /** Reads it. Throws a BadRequest. */
  program(): Request['kind']
}

/** Throws an Error on what is malformed. */
function readExecute(reader: WireReader, end: number): ExecuteHead {
  let [programAt, idAt]: [number | null, number | null] = [null, null]
  let timeoutMs = 0
  reader.message(end, (tag) => {
    if (tag === 10) programAt = reader.leave(end)
    else if (tag === 16) timeoutMs = reader.count()
    else if (tag === 26) idAt = reader.leave(end)
    else return false
    return true
  })
  return {
    timeoutMs,
    requestId: idAt === null ? '' : stringAt(reader, idAt),
    program: () => {
      if (programAt === null) throw new BadRequest('protocol_error', 'The request has no program.')
      reader.pos = programAt
      return readProgram(reader, reader.partEnd(end))
    },
  }
}

/** Of a `decree.v1.StatusRequest`: whether the state is to be hashed, too. */
function readStatus(reader: WireReader, end: number): boolean {
  let hash = false
  reader.message(end, (tag) => {
    if (tag !== 8) return false
    hash = reader.bool()
    return true
  })
  return hash
}

function executeOne(
  call: UnaryCall,
  head: ExecuteHead,
  handler: ApiHandler,
  answer: (response: WireResponse) => void,
): void {
  let request: Omit<Request, 'deadlineMs'>
  try {
    request = requestOf(head)
  } catch (error) {
    if (!(error instanceof BadRequest)) throw error
    answer(encodeResponse(1, error.failure))
    return
  }
  submitOnce(call, handler, request, timeoutMs(head.timeoutMs), (response) => answer(encodeResponse(1, response)))
}

/** Each such request is a session of its own. Throws a BadRequest. */
function requestOf(head: ExecuteHead): Omit<Request, 'deadlineMs'> {
  const { requestId } = head
  if (Buffer.byteLength(requestId) > LIMITS.requestIdBytesMax) {
    throw new BadRequest('protocol_error', `The request's id is longer than ${LIMITS.requestIdBytesMax} bytes.`)
  }
  const session = `x${requestId === '' ? randomUUID() : requestId}`
  return { session, number: 1, acked: 0, kind: head.program() }
}

function sendFault(send: sendUnaryData<StatusResponse>, error: unknown): void {
  send({ code: status.INTERNAL, details: reasonOf(error) })
}
