import { Metadata, status } from '@grpc/grpc-js'
import { encoded } from '../../proto/encode.ts'
import { ServerFrame } from '../../proto/gen/decree/v1/store.ts'
import type { Request, Response } from '../exec/requests.ts'
import { LIMITS } from '../limits.ts'
import { reasonOf } from '../reason.ts'
import { type AnsweredCall, AnswerStream, type AnswerStreamOwner } from './answer-stream.ts'
import { FrameReader } from './frame-reader.ts'
import type { ApiHandler } from './handler.ts'
import { type Intake, REFUSAL_UNITS, requestUnits } from './intake.ts'
import { BadRequest, failure, type RequestHead, STOPPING } from './requests.ts'
import { encodedAnswer, encodeResponse } from './responses.ts'

/** The number of the client protocol that this software speaks. */
export const CLIENT_PROTOCOL_VERSION = 1

/**
 * A `Session` call on the server: whole frames in their encoding, both ways. It is what a session uses of gRPC's
 * calls, so that a call within the process can take their place.
 */
export interface SessionCall extends AnsweredCall {
  on(event: 'data', listener: (frame: Buffer) => void): unknown
  on(event: 'end' | 'cancelled' | 'error', listener: () => void): unknown
  /** Tells the client that its call is taken. */
  sendMetadata(metadata: Metadata): unknown
  pause(): unknown
  resume(): unknown
  isPaused(): boolean
}

/** When a client may come again whose own requests are too many: some of them are answered by then. */
const RETRY_AFTER_MS = 100

/** By this header a client learns that it is to tell how far it is from these nodes. */
function greeting({ measured = [] }: ApiHandler): Metadata {
  const metadata = new Metadata()
  if (measured.length > 0) metadata.set('decree-nodes', measured.join())
  return metadata
}

/** One client's stream: frames of requests in, frames of responses out. */
export class SessionStream implements AnswerStreamOwner {
  readonly #call: SessionCall
  readonly #handler: ApiHandler
  readonly #intake: Intake
  readonly #onEnded: () => void
  readonly #answers: AnswerStream
  /** Frames with requests that are not yet read: one, unless the call gives more than it is asked for. */
  readonly #frames: FrameReader[] = []
  /** Goes on with the frames when the client has read its answers. */
  #waitsForClient = false
  #greeted = false

  constructor(call: SessionCall, handler: ApiHandler, intake: Intake, onEnded: () => void) {
    this.#call = call
    this.#handler = handler
    this.#intake = intake
    this.#onEnded = onEnded
    this.#answers = new AnswerStream(call, LIMITS.clientFrameBytesMax, this)
    call.on('data', (frame: Buffer) => this.#received(frame))
  }

  /** Ends the stream when every request under way is answered; new ones are refused. Idempotent. */
  close(): void {
    this.#answers.close()
  }

  encode(number: number, response: Response, result?: Uint8Array): Uint8Array {
    if (result !== undefined) return encodedAnswer(number, result)
    return encoded(ServerFrame, { responses: [encodeResponse(number, response)] })
  }

  drained(): void {
    if (!this.#waitsForClient || this.#answers.bytes > LIMITS.clientBufferBytesMax / 2) return
    this.#waitsForClient = false
    this.#goOn()
  }

  hasUnread(): boolean {
    return this.#frames.length > 0
  }

  ended(): void {
    this.#frames.length = 0
    this.#onEnded()
  }

  #received(bytes: Buffer): void {
    if (this.#answers.isOver) return
    const frame = readFrame(bytes, this.#handler.nowMs())
    if (typeof frame === 'string') {
      this.#answers.refuse(status.INVALID_ARGUMENT, frame)
      return
    }
    if (!this.#greeted && !this.#greet(frame)) return
    this.#frames.push(frame)
    if (this.#frames.length > 1) return
    this.#read(LIMITS.clientAtOnceBytesMax, false)
    this.#goOn()
  }

  /**
   * Reads requests of so many units, and gives how many they were. One that is larger alone is read where `oneAtLeast`,
   * else left.
   */
  #read(units: number, oneAtLeast: boolean): number {
    let read = 0
    for (let frame = this.#frames[0]; frame !== undefined && !this.#answers.isOver; frame = this.#frames[0]) {
      const bytes = frame.nextBytes
      if (bytes === null) {
        this.#frames.shift()
        continue
      }
      const next = requestUnits(bytes)
      if (read + next > units && !(oneAtLeast && read === 0)) break
      read += next
      if (!this.#readRequest(frame)) read += REFUSAL_UNITS
    }
    return read
  }

  /** What is not yet read waits for its turn. Meanwhile, and while the client does not read, it is not read from. */
  #goOn(): void {
    if (this.#answers.isOver) return
    if (this.#answers.bytes > LIMITS.clientBufferBytesMax) {
      this.#call.pause()
      this.#waitsForClient = true
    } else if (this.#frames.length > 0) {
      this.#call.pause()
      this.#intake.add((units) => {
        const read = this.#read(units, true)
        this.#goOn()
        return read
      })
    } else {
      if (this.#call.isPaused()) this.#call.resume()
      this.#answers.endIfDone()
    }
  }

  #greet({ protocolVersion }: FrameReader): boolean {
    if (protocolVersion === null) {
      this.#answers.refuse(status.INVALID_ARGUMENT, 'The first frame of a session has no hello.')
      return false
    }
    if (protocolVersion !== CLIENT_PROTOCOL_VERSION) {
      const spoken = `This node speaks version ${CLIENT_PROTOCOL_VERSION} of the client protocol`
      this.#answers.refuse(status.FAILED_PRECONDITION, `${spoken}, not ${protocolVersion}.`)
      return false
    }
    this.#greeted = true
    // Tells the client that its stream is taken, before there is anything to answer.
    this.#call.sendMetadata(greeting(this.#handler))
    return true
  }

  /** False: the request was refused. */
  #readRequest(frame: FrameReader): boolean {
    let head: RequestHead
    try {
      head = frame.head()
    } catch (error) {
      // Without a number it cannot be answered.
      this.#answers.refuse(status.INVALID_ARGUMENT, undecodable(error))
      return false
    }
    const { number } = head
    if (this.#answers.isClosing || this.#handler.stopping) {
      this.#answers.send(number, STOPPING)
      return false
    }
    if (this.#answers.underWay >= LIMITS.clientRequestsMax) {
      const refusal = failure('overloaded', `More than ${LIMITS.clientRequestsMax} requests are under way.`)
      this.#answers.send(number, { ...refusal, retryAfterMs: RETRY_AFTER_MS })
      return false
    }
    let request: Request
    try {
      request = frame.request(head)
    } catch (error) {
      if (!(error instanceof BadRequest)) throw error
      this.#answers.send(number, error.failure)
      return false
    }
    this.#handler.submit(request, this.#answers.expect(number))
    return true
  }
}

/** The frame, or why it is none. */
function readFrame(bytes: Buffer, nowMs: number): FrameReader | string {
  try {
    return new FrameReader(bytes, nowMs)
  } catch (error) {
    return undecodable(error)
  }
}

function undecodable(error: unknown): string {
  return `A frame cannot be decoded: ${reasonOf(error)}.`
}
