import { Metadata, status } from '@grpc/grpc-js'
import { encoded } from '../../proto/encode.ts'
import { ServerFrame } from '../../proto/gen/decree/v1/store.ts'
import { ASK_AGAIN, type Request, type Response } from '../exec/requests.ts'
import { FrameQueue } from '../frames.ts'
import { LIMITS } from '../limits.ts'
import { FrameReader } from './frame-reader.ts'
import type { ApiHandler } from './handler.ts'
import { type Intake, REFUSAL_UNITS, requestUnits } from './intake.ts'
import { BadRequest, failure, type RequestHead, STOPPING } from './requests.ts'
import { encodedAnswer, encodeResponse } from './responses.ts'

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

/** When a client may come again whose own requests are too many: some of them are answered by then. */
const RETRY_AFTER_MS = 100

/** A frame with one response. `result`: the response's own encoding, where it was made already. */
function encodePart(number: number, response: Response, result?: Uint8Array): Uint8Array {
  if (result !== undefined) return encodedAnswer(number, result)
  return encoded(ServerFrame, { responses: [encodeResponse(number, response)] })
}

/** By this header a client learns that it is to tell how far it is from these nodes. */
function greeting({ measured = [] }: ApiHandler): Metadata {
  const metadata = new Metadata()
  if (measured.length > 0) metadata.set('decree-nodes', measured.join())
  return metadata
}

/** One client's stream: frames of requests in, frames of responses out. */
export class SessionStream {
  readonly #call: SessionCall
  readonly #handler: ApiHandler
  readonly #intake: Intake
  readonly #onEnded: () => void
  readonly #queue: FrameQueue
  /** Frames with requests that are not yet read: one, unless the call gives more than it is asked for. */
  readonly #frames: FrameReader[] = []
  /** Goes on with the frames when the client has read its answers. */
  #waitsForClient = false
  #greeted = false
  #underWay = 0
  #flushIsDue = false
  /** No more requests come, or are taken. */
  #closing = false
  #ended = false

  constructor(call: SessionCall, handler: ApiHandler, intake: Intake, onEnded: () => void) {
    this.#call = call
    this.#handler = handler
    this.#intake = intake
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

  #received(bytes: Buffer): void {
    if (this.#ended) return
    const frame = readFrame(bytes, this.#handler.nowMs())
    if (typeof frame === 'string') {
      this.#refuse(status.INVALID_ARGUMENT, frame)
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
    for (let frame = this.#frames[0]; frame !== undefined && !this.#ended; frame = this.#frames[0]) {
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
    if (this.#ended) return
    if (this.#queue.bytes > LIMITS.clientBufferBytesMax) {
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
      this.#endIfDone()
    }
  }

  #greet({ protocolVersion }: FrameReader): boolean {
    if (protocolVersion === null) {
      this.#refuse(status.INVALID_ARGUMENT, 'The first frame of a session has no hello.')
      return false
    }
    if (protocolVersion !== CLIENT_PROTOCOL_VERSION) {
      const spoken = `This node speaks version ${CLIENT_PROTOCOL_VERSION} of the client protocol`
      this.#refuse(status.FAILED_PRECONDITION, `${spoken}, not ${protocolVersion}.`)
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
      this.#refuse(status.INVALID_ARGUMENT, undecodable(error))
      return false
    }
    const { number } = head
    if (this.#closing || this.#handler.stopping) {
      this.#send(number, STOPPING)
      return false
    }
    if (this.#underWay >= LIMITS.clientRequestsMax) {
      const refusal = failure('overloaded', `More than ${LIMITS.clientRequestsMax} requests are under way.`)
      this.#send(number, { ...refusal, retryAfterMs: RETRY_AFTER_MS })
      return false
    }
    let request: Request
    try {
      request = frame.request(head)
    } catch (error) {
      if (!(error instanceof BadRequest)) throw error
      this.#send(number, error.failure)
      return false
    }
    this.#underWay += 1
    let answered = false
    this.#handler.submit(request, (response, result) => {
      if (answered) throw new Error(`Request ${number} of session ${request.session} was answered twice.`)
      answered = true
      this.#underWay -= 1
      this.#send(number, response, result)
    })
    return true
  }

  #send(number: number, response: Response, result?: Uint8Array): void {
    if (this.#ended) return
    const part = encodePart(number, response, result)
    const hasRoom = this.#queue.bytes + part.length <= LIMITS.clientBacklogBytesMax
    // Too much to hold at once: the client asks again later, and what was recorded is answered from the record.
    this.#queue.add(hasRoom ? part : encodePart(number, ASK_AGAIN))
    if (this.#flushIsDue) return
    // What else is answered at the same moment goes along.
    this.#flushIsDue = true
    process.nextTick(() => {
      this.#flushIsDue = false
      if (this.#ended) return
      this.#queue.flush()
      this.#endIfDone()
    })
  }

  #drained(): void {
    if (this.#waitsForClient && this.#queue.bytes <= LIMITS.clientBufferBytesMax / 2) {
      this.#waitsForClient = false
      this.#goOn()
    }
    this.#endIfDone()
  }

  #endIfDone(): void {
    if (!this.#closing || this.#ended || this.#underWay > 0 || this.#queue.bytes > 0 || this.#frames.length > 0) return
    this.#gone()
    this.#call.end()
  }

  /** Answers to what is under way go nowhere from now on. */
  #gone(): void {
    if (this.#ended) return
    this.#ended = true
    this.#frames.length = 0
    this.#onEnded()
  }

  #refuse(code: status, details: string): void {
    this.#gone()
    // An error event is how this library's streams are told to end with a status.
    this.#call.emit('error', { code, details })
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
  return `A frame cannot be decoded: ${error instanceof Error ? error.message : String(error)}.`
}
