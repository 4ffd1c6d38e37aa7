import { Metadata, status } from '@grpc/grpc-js'
import { encoded } from '../../proto/encode.ts'
import { ClientFrame, ServerFrame, type Request as WireRequest } from '../../proto/gen/decree/v1/store.ts'
import type { Response } from '../exec/requests.ts'
import { FrameQueue } from '../frames.ts'
import { LIMITS } from '../limits.ts'
import { ProtocolError } from '../protocol-error.ts'
import type { ApiHandler } from './handler.ts'
import { decodeRequest, failure, type SessionState, STOPPING } from './requests.ts'
import { encodeResponse } from './responses.ts'

/** The number of the client protocol that this software speaks. */
export const CLIENT_PROTOCOL_VERSION = 1

/** Why a call is ended by its server. */
export interface Refusal {
  readonly code: status
  readonly details: string
}

/**
 * A `Session` call on the server: whole frames in their encoding, both ways. It is what a session uses of gRPC's
 * calls, so that a call within the process can take their place.
 */
export interface SessionCall {
  on(event: 'data', listener: (frame: Buffer) => void): unknown
  /** `end`: the client asks no more; `cancelled`, `error`: it has gone. */
  on(event: 'end' | 'cancelled' | 'error', listener: () => void): unknown
  /** Ends the call with a status. */
  emit(event: 'error', refusal: Refusal): unknown
  /** Tells the client that its call is taken. */
  sendMetadata(metadata: Metadata): unknown
  write(frame: Buffer, written: () => void): unknown
  end(): unknown
  pause(): unknown
  resume(): unknown
  isPaused(): boolean
}

/** Not led elsewhere, but not answered either; it may have been executed. */
const ASK_AGAIN: Response = { type: 'redirect', leader: null, proposed: true }

function encodePart(number: number, response: Response): Uint8Array {
  return encoded(ServerFrame, { responses: [encodeResponse(number, response)] })
}

/** One client's stream: frames of requests in, frames of responses out. */
export class SessionStream {
  readonly #call: SessionCall
  readonly #handler: ApiHandler
  readonly #onEnded: () => void
  readonly #queue: FrameQueue
  #greeted = false
  #underWay = 0
  #flushIsDue = false
  /** No more requests come, or are taken. */
  #closing = false
  #ended = false

  constructor(call: SessionCall, handler: ApiHandler, onEnded: () => void) {
    this.#call = call
    this.#handler = handler
    this.#onEnded = onEnded
    this.#queue = new FrameQueue(LIMITS.clientFrameBytesMax, (frame, written) => {
      call.write(frame, () => {
        if (this.#ended) return
        written()
        this.#drained()
      })
    })
    call.on('data', (frame: Buffer) => this.#received(frame))
    call.on('end', () => this.close())
    call.on('cancelled', () => this.#gone())
    call.on('error', () => this.#gone())
  }

  /** Ends the stream when every request under way is answered; new ones are refused. Idempotent. */
  close(): void {
    this.#closing = true
    this.#endIfDone()
  }

  #received(frame: Buffer): void {
    if (this.#ended) return
    const decoded = decodeFrame(frame)
    if (typeof decoded === 'string') {
      this.#refuse(status.INVALID_ARGUMENT, decoded)
      return
    }
    if (!this.#greeted && !this.#greet(decoded)) return
    for (const request of decoded.requests) this.#submit(request, decoded)
    // A client that does not read what it asked for is not read from.
    if (this.#queue.bytes > LIMITS.clientBufferBytesMax) this.#call.pause()
  }

  #greet({ hello }: ClientFrame): boolean {
    if (hello === undefined) {
      this.#refuse(status.INVALID_ARGUMENT, 'The first frame of a session has no hello.')
      return false
    }
    if (hello.protocolVersion !== CLIENT_PROTOCOL_VERSION) {
      const spoken = `This node speaks version ${CLIENT_PROTOCOL_VERSION} of the client protocol`
      this.#refuse(status.FAILED_PRECONDITION, `${spoken}, not ${hello.protocolVersion}.`)
      return false
    }
    this.#greeted = true
    // Tells the client that its stream is taken, before there is anything to answer.
    this.#call.sendMetadata(new Metadata())
    return true
  }

  #submit(wire: WireRequest, state: SessionState): void {
    const { number } = wire
    if (this.#closing || this.#handler.stopping) {
      this.#send(number, STOPPING)
      return
    }
    if (this.#underWay >= LIMITS.clientRequestsMax) {
      this.#send(number, failure('overloaded', `More than ${LIMITS.clientRequestsMax} requests are under way.`))
      return
    }
    let request: ReturnType<typeof decodeRequest>
    try {
      request = decodeRequest(wire, state, this.#handler.nowMs())
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      this.#send(number, failure('protocol_error', error.message))
      return
    }
    this.#underWay += 1
    let answered = false
    this.#handler.submit(request, (response) => {
      if (answered) throw new Error(`Request ${number} of session ${request.session} was answered twice.`)
      answered = true
      this.#underWay -= 1
      this.#send(number, response)
    })
  }

  #send(number: number, response: Response): void {
    if (this.#ended) return
    const part = encodePart(number, response)
    const hasRoom = this.#queue.bytes + part.length <= LIMITS.clientBacklogBytesMax
    // Too much to hold at once: the client asks again later, and what was recorded is answered from the record.
    this.#queue.add(hasRoom ? part : encodePart(number, ASK_AGAIN))
    if (this.#flushIsDue) return
    // What else is answered in this turn of the event loop goes along.
    this.#flushIsDue = true
    setImmediate(() => {
      this.#flushIsDue = false
      if (this.#ended) return
      this.#queue.flush()
      this.#endIfDone()
    })
  }

  #drained(): void {
    if (this.#call.isPaused() && this.#queue.bytes <= LIMITS.clientBufferBytesMax / 2) this.#call.resume()
    this.#endIfDone()
  }

  #endIfDone(): void {
    if (!this.#closing || this.#ended || this.#underWay > 0 || this.#queue.bytes > 0) return
    this.#gone()
    this.#call.end()
  }

  /** Answers to what is under way go nowhere from now on. */
  #gone(): void {
    if (this.#ended) return
    this.#ended = true
    this.#onEnded()
  }

  #refuse(code: status, details: string): void {
    this.#gone()
    // An error event is how this library's streams are told to end with a status.
    this.#call.emit('error', { code, details })
  }
}

/** The frame, or why it is none. */
function decodeFrame(frame: Buffer): ClientFrame | string {
  try {
    return ClientFrame.decode(frame)
  } catch (error) {
    return `A frame cannot be decoded: ${error instanceof Error ? error.message : String(error)}.`
  }
}
