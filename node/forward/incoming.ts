import {
  type handleBidiStreamingCall,
  Metadata,
  type Server,
  type ServerDuplexStream,
  type ServiceDefinition,
  status,
} from '@grpc/grpc-js'
import { type ForwardedRequest, ForwardFrame, ForwardService } from '../../proto/gen/decree/v1/peer.ts'
import { AnswerStream, type AnswerStreamOwner } from '../api/answer-stream.ts'
import type { ApiHandler } from '../api/handler.ts'
import { failure } from '../api/requests.ts'
import type { Request, Response } from '../exec/requests.ts'
import { LIMITS } from '../limits.ts'
import { reasonOf } from '../reason.ts'
import { decodePassed, encodeAnswer, FORWARD_PROTOCOL_VERSION } from './codec.ts'

type Call = ServerDuplexStream<Buffer, Buffer>

/** Certainly not executed here; the caller finds out who leads now. */
const ELSEWHERE: Response = { type: 'redirect', leader: null, proposed: false }

/**
 * Serves what other nodes pass on. Call it before the server is bound. `handler` must not pass on anything itself: a
 * request is passed on once. `close`: from now on nothing is taken, and each stream ends behind its last answer.
 */
export function serveForwarded(server: Server, handler: ApiHandler): { close(): void } {
  const streams = new Set<PassedStream>()
  let isClosed = false
  const pass: handleBidiStreamingCall<Buffer, Buffer> = (call) => {
    if (isClosed || handler.stopping) {
      call.emit('error', { code: status.UNAVAILABLE, details: 'This node is stopping.' })
      return
    }
    const stream = new PassedStream(call, handler, () => streams.delete(stream))
    streams.add(stream)
  }
  server.addService(RAW_FORWARD_SERVICE, { pass })
  return {
    close: () => {
      isClosed = true
      for (const stream of streams) stream.close()
    },
  }
}

/** Frames are read and made here, where their sizes are known. */
const RAW_FORWARD_SERVICE: ServiceDefinition<{ pass: handleBidiStreamingCall<Buffer, Buffer> }> = {
  pass: {
    ...ForwardService.pass,
    requestSerialize: (frame: Buffer) => frame,
    requestDeserialize: (frame: Buffer) => frame,
    responseSerialize: (frame: Buffer) => frame,
    responseDeserialize: (frame: Buffer) => frame,
  },
}

/** What one node passes on, and the answers. */
class PassedStream implements AnswerStreamOwner {
  readonly #call: Call
  readonly #handler: ApiHandler
  readonly #onEnded: () => void
  readonly #answers: AnswerStream
  #isGreeted = false

  constructor(call: Call, handler: ApiHandler, onEnded: () => void) {
    this.#call = call
    this.#handler = handler
    this.#onEnded = onEnded
    this.#answers = new AnswerStream(call, LIMITS.peerFrameBytesMax, this)
    call.on('data', (frame: Buffer) => this.#received(frame))
  }

  close(): void {
    this.#answers.close()
  }

  encode(id: number, response: Response): Uint8Array {
    return encodeAnswer(id, response)
  }

  drained(): void {
    if (this.#call.isPaused() && this.#answers.bytes <= LIMITS.clientBufferBytesMax / 2) this.#call.resume()
  }

  hasUnread(): boolean {
    return false
  }

  ended(): void {
    this.#onEnded()
  }

  #received(bytes: Buffer): void {
    if (this.#answers.isOver) return
    let frame: ForwardFrame
    try {
      frame = ForwardFrame.decode(bytes)
    } catch (error) {
      return this.#answers.refuse(status.INVALID_ARGUMENT, `A frame cannot be decoded: ${reasonOf(error)}.`)
    }
    if (!this.#isGreeted) {
      if (frame.protocolVersion !== FORWARD_PROTOCOL_VERSION) {
        const spoken = `This node takes what is passed on by version ${FORWARD_PROTOCOL_VERSION} of the protocol`
        return this.#answers.refuse(status.FAILED_PRECONDITION, `${spoken}, not ${frame.protocolVersion}.`)
      }
      this.#isGreeted = true
      this.#call.sendMetadata(new Metadata())
    }
    for (const request of frame.requests) this.#submit(request)
    // A node that does not read its answers is not read from.
    if (this.#answers.bytes > LIMITS.clientBufferBytesMax) this.#call.pause()
  }

  #submit(wire: ForwardedRequest): void {
    const { id } = wire
    if (this.#answers.isClosing || this.#handler.stopping) return this.#answers.send(id, ELSEWHERE)
    if (this.#answers.underWay >= LIMITS.forwardedRequestsMax) {
      return this.#answers.send(
        id,
        failure('overloaded', `More than ${LIMITS.forwardedRequestsMax} requests are under way.`),
      )
    }
    let request: Request
    try {
      request = decodePassed(wire, this.#handler.nowMs())
    } catch (error) {
      return this.#answers.send(id, failure('protocol_error', reasonOf(error)))
    }
    this.#handler.submit(request, this.#answers.expect(id))
  }
}
