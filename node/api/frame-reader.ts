import { WireReader } from '../../proto/reader.ts'
import type { Request } from '../exec/requests.ts'
import { LIMITS } from '../limits.ts'
import { type RequestHead, readHead, readRequest, type SessionState } from './requests.ts'

/**
 * A client's frame (`decree.v1.ClientFrame`), whose requests are read one after the other when their turn comes: not
 * before it is known how many there are, and none into more than it asks for.
 */
export class FrameReader implements SessionState {
  readonly session: number
  readonly acked: number
  /** Of `hello`, which the first frame of a stream has; null: there is none. */
  readonly protocolVersion: number | null
  /** The node's time when the frame came: deadlines are counted from it. */
  readonly #nowMs: number
  readonly #reader: WireReader
  /** Where each request begins and ends. */
  readonly #places: readonly number[]
  /** Of the next request, in `#places`. */
  #next = 0

  /** Throws an Error on what is malformed outside of requests, and on more requests than one frame may have. */
  constructor(frame: Buffer, nowMs: number) {
    const reader = readerOf(frame)
    const end = frame.length
    const places: number[] = []
    let [session, acked] = [0, 0]
    let protocolVersion: number | null = null
    while (reader.pos < end) {
      const tag = reader.uint32()
      if (tag === 34) {
        const partEnd = reader.partEnd(end)
        if (places.push(reader.pos, partEnd) > 2 * LIMITS.clientFrameRequestsMax) {
          throw new Error(`it has more than ${LIMITS.clientFrameRequestsMax} requests`)
        }
        reader.pos = partEnd
      } else if (tag === 16) session = reader.count()
      else if (tag === 24) acked = reader.count()
      else if (tag === 10) protocolVersion = readHello(reader, reader.partEnd(end))
      else reader.pass(tag, end)
    }
    reader.ends(end)
    this.session = session
    this.acked = acked
    this.protocolVersion = protocolVersion
    this.#nowMs = nowMs
    this.#reader = reader
    this.#places = places
  }

  /** Of the next request, as encoded; null: there are no more. */
  get nextBytes(): number | null {
    const [start, end] = [this.#places[this.#next], this.#places[this.#next + 1]]
    return start === undefined || end === undefined ? null : end - start
  }

  /** The next request's; there must be one, and `request` is its. Throws an Error on what is malformed. */
  head(): RequestHead {
    const [start, end] = [this.#places[this.#next], this.#places[this.#next + 1]]
    if (start === undefined || end === undefined) throw new Error('a frame was asked for more requests than it has')
    this.#next += 2
    this.#reader.pos = start
    return readHead(this.#reader, end)
  }

  /** The whole request. Throws a BadRequest. */
  request(head: RequestHead): Request {
    return readRequest(this.#reader, head, this, this.#nowMs)
  }
}

/** Of a whole message. */
export function readerOf(message: Buffer): WireReader {
  // A view that is no Buffer: `slice` of those copies.
  return new WireReader(new Uint8Array(message.buffer, message.byteOffset, message.byteLength))
}

/** Its version. */
function readHello(reader: WireReader, end: number): number {
  let version = 0
  reader.message(end, (tag) => {
    if (tag !== 8) return false
    version = reader.uint32()
    return true
  })
  return version
}
