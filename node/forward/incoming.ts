import {
  type handleBidiStreamingCall,
  Metadata,
  type Server,
  type ServerDuplexStream,
  type ServiceDefinition,
  status,
} from '@grpc/grpc-js'
import { type ForwardedRequest, ForwardFrame, ForwardService } from '../../proto/gen/decree/v1/peer.ts'
import type { ApiHandler } from '../api/handler.ts'
import { failure } from '../api/requests.ts'
import { ASK_AGAIN, type Request, type Response } from '../exec/requests.ts'
import { FrameQueue } from '../frames.ts'
import { LIMITS } from '../limits.ts'
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
class PassedStream {
  readonly #call: Call
  readonly #handler: ApiHandler
  readonly #onEnded: () => void
  readonly #queue: FrameQueue
  #isGreeted = false
  #underWay = 0
  #isFlushDue = false
  #isClosing = false
  #hasEnded = false

  constructor(call: Call, handler: ApiHandler, onEnded: () => void) {
    this.#call = call
    this.#handler = handler
    this.#onEnded = onEnded
    this.#queue = new FrameQueue(LIMITS.peerFrameBytesMax, (frame, written) => {
      call.write(frame, () => {
        if (this.#hasEnded) return
        written()
        this.#drained()
      })
    })
    call.on('data', (frame: Buffer) => this.#received(frame))
    call.on('end', () => this.close())
    call.on('cancelled', () => this.#gone())
    call.on('error', () => this.#gone())
  }

  close(): void {
    this.#isClosing = true
    this.#endIfDone()
  }

  #received(bytes: Buffer): void {
    if (this.#hasEnded) return
    let frame: ForwardFrame
    try {
      frame = ForwardFrame.decode(bytes)
    } catch (error) {
      return this.#refuse(status.INVALID_ARGUMENT, `A frame cannot be decoded: ${reasonOf(error)}.`)
    }
    if (!this.#isGreeted) {
      if (frame.protocolVersion !== FORWARD_PROTOCOL_VERSION) {
        const spoken = `This node takes what is passed on by version ${FORWARD_PROTOCOL_VERSION} of the protocol`
        return this.#refuse(status.FAILED_PRECONDITION, `${spoken}, not ${frame.protocolVersion}.`)
      }
      this.#isGreeted = true
      this.#call.sendMetadata(new Metadata())
    }
    for (const request of frame.requests) this.#submit(request)
    // A node that does not read its answers is not read from.
    if (this.#queue.bytes > LIMITS.clientBufferBytesMax) this.#call.pause()
  }

  #submit(wire: ForwardedRequest): void {
    const { id } = wire
    if (this.#isClosing || this.#handler.stopping) return this.#send(id, ELSEWHERE)
    if (this.#underWay >= LIMITS.forwardedRequestsMax) {
      return this.#send(id, failure('overloaded', `More than ${LIMITS.forwardedRequestsMax} requests are under way.`))
    }
    let request: Request
    try {
      request = decodePassed(wire, this.#handler.nowMs())
    } catch (error) {
      return this.#send(id, failure('protocol_error', reasonOf(error)))
    }
    this.#underWay += 1
    this.#handler.submit(request, (response) => {
      this.#underWay -= 1
      this.#send(id, response)
    })
  }

  #send(id: number, response: Response): void {
    if (this.#hasEnded) return
    const part = encodeAnswer(id, response)
    const hasRoom = this.#queue.bytes + part.length <= LIMITS.clientBacklogBytesMax
    this.#queue.add(hasRoom ? part : encodeAnswer(id, ASK_AGAIN))
    if (this.#isFlushDue) return
    this.#isFlushDue = true
    setImmediate(() => {
      this.#isFlushDue = false
      if (this.#hasEnded) return
      this.#queue.flush()
      this.#endIfDone()
    })
  }

  #drained(): void {
    if (this.#call.isPaused() && this.#queue.bytes <= LIMITS.clientBufferBytesMax / 2) this.#call.resume()
    this.#endIfDone()
  }

  #endIfDone(): void {
    if (!this.#isClosing || this.#hasEnded || this.#underWay > 0 || this.#queue.bytes > 0) return
    this.#gone()
    this.#call.end()
  }

  #gone(): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    this.#onEnded()
  }

  #refuse(code: status, details: string): void {
    this.#gone()
    this.#call.emit('error', { code, details })
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
