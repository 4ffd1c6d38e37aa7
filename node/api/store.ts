import { randomUUID } from 'node:crypto'
import {
  type handleBidiStreamingCall,
  type handleUnaryCall,
  type Server,
  type ServiceDefinition,
  type sendUnaryData,
  status,
} from '@grpc/grpc-js'
import {
  type ExecuteRequest,
  type StatusRequest,
  type StatusResponse,
  StoreService,
  type Response as WireResponse,
} from '../../proto/gen/decree/v1/store.ts'
import type { Request } from '../exec/requests.ts'
import { LIMITS } from '../limits.ts'
import { ProtocolError } from '../protocol-error.ts'
import type { ApiHandler } from './handler.ts'
import { submitOnce, type UnaryCall } from './once.ts'
import { decodeProgram, failure, timeoutMs } from './requests.ts'
import { encodeResponse } from './responses.ts'
import { Sessions } from './sessions.ts'
import { encodeStatus } from './status.ts'

/** Serves `decree.v1.Store`. `close` ends the open streams when their requests are answered, and refuses new ones. */
export function serveStore(server: Server, handler: ApiHandler): { close(): void } {
  const sessions = new Sessions(handler)
  const session: handleBidiStreamingCall<Buffer, Buffer> = (call) => sessions.accept(call)
  const execute: handleUnaryCall<ExecuteRequest, WireResponse> = (call, send) => {
    executeOne(call, call.request, handler, (response) => send(null, response))
  }
  const tellStatus: handleUnaryCall<StatusRequest, StatusResponse> = (call, send) => {
    handler.status(call.request.hash).then(
      (found) => send(null, encodeStatus(found)),
      (error: unknown) => sendFault(send, error),
    )
  }
  server.addService(RAW_STORE_SERVICE, { session, execute, status: tellStatus })

  return { close: () => sessions.close() }
}

/** Frames are encoded and decoded by the stream: only so are their sizes known, and a bad one gets a sentence. */
const RAW_STORE_SERVICE: ServiceDefinition<{
  session: handleBidiStreamingCall<Buffer, Buffer>
  execute: handleUnaryCall<ExecuteRequest, WireResponse>
  status: handleUnaryCall<StatusRequest, StatusResponse>
}> = {
  ...StoreService,
  session: {
    ...StoreService.session,
    requestSerialize: (frame: Buffer) => frame,
    requestDeserialize: (frame: Buffer) => frame,
    responseSerialize: (frame: Buffer) => frame,
    responseDeserialize: (frame: Buffer) => frame,
  },
}

function executeOne(
  call: UnaryCall,
  wire: ExecuteRequest,
  handler: ApiHandler,
  answer: (response: WireResponse) => void,
): void {
  let request: Omit<Request, 'deadlineMs'>
  try {
    request = decodeExecute(wire)
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    answer(encodeResponse(1, failure('protocol_error', error.message)))
    return
  }
  submitOnce(call, handler, request, timeoutMs(wire.timeoutMs), (response) => answer(encodeResponse(1, response)))
}

/** Each such request is a session of its own. */
function decodeExecute({ program, requestId }: ExecuteRequest): Omit<Request, 'deadlineMs'> {
  if (program === undefined) throw new ProtocolError('The request has no program.')
  if (Buffer.byteLength(requestId) > LIMITS.requestIdBytesMax) {
    throw new ProtocolError(`The request's id is longer than ${LIMITS.requestIdBytesMax} bytes.`)
  }
  const session = `x${requestId === '' ? randomUUID() : requestId}`
  return { session, number: 1, acked: 0, kind: decodeProgram(program) }
}

function sendFault(send: sendUnaryData<StatusResponse>, error: unknown): void {
  send({ code: status.INTERNAL, details: error instanceof Error ? error.message : String(error) })
}
