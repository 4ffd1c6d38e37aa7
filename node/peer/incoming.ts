import { Metadata, type ServerDuplexStream, status } from '@grpc/grpc-js'
import { type PeerAck, PeerFrame, type PeerHello } from '../../proto/gen/decree/v1/peer.ts'
import { LIMITS } from '../limits.ts'
import { ProtocolError } from '../protocol-error.ts'
import { reasonOf } from '../reason.ts'
import { decodePeerMessage } from './codec.ts'
import { PEER_PROTOCOL_VERSION } from './outgoing.ts'
import type { PeerEvents, PeerMessage } from './transport.ts'

type Call = ServerDuplexStream<Buffer, PeerAck>

/** The streams that peers have opened to this node. */
export class IncomingStreams {
  readonly #events: Pick<PeerEvents, 'received' | 'misbehaved'>
  readonly #streams = new Set<IncomingStream>()
  /** What was said of whom: a peer that is refused comes again every second, and strangers as they like. */
  readonly #told = new Set<string>()

  constructor(events: Pick<PeerEvents, 'received' | 'misbehaved'>) {
    this.#events = events
  }

  accept(call: Call): void {
    const stream = new IncomingStream(call, {
      received: (message) => this.#events.received(message),
      misbehaved: (address, why) => this.#misbehaved(address, why),
      greeted: (key) => {
        // A peer opens a stream anew only when the last one broke: were that still read, messages would overtake.
        for (const other of this.#streams) if (other !== stream && other.key === key) other.end()
      },
      ended: () => this.#streams.delete(stream),
    })
    this.#streams.add(stream)
  }

  close(): void {
    for (const stream of this.#streams) stream.end()
  }

  #misbehaved(address: string, why: string): void {
    const sentence = `${address} ${why}`
    if (this.#told.has(sentence) || this.#told.size >= TOLD_MAX) return
    this.#told.add(sentence)
    this.#events.misbehaved(address, why)
  }
}

/** Sentences about peers and strangers that are told in a node's life. */
const TOLD_MAX = 100

interface IncomingEvents extends Pick<PeerEvents, 'received' | 'misbehaved'> {
  greeted(key: string): void
  ended(): void
}

class IncomingStream {
  readonly #call: Call
  readonly #events: IncomingEvents
  #hello: PeerHello | null = null
  #ended = false

  constructor(call: Call, events: IncomingEvents) {
    this.#call = call
    this.#events = events
    call.on('data', (frame: Buffer) => this.#received(frame))
    call.on('end', () => this.end())
    call.on('cancelled', () => this.end())
    call.on('error', () => this.end())
  }

  /** Names the peer and the class of traffic; null before the hello. */
  get key(): string | null {
    return this.#hello === null ? null : `${this.#hello.liveness ? 'liveness' : 'bulk'} ${this.#hello.address}`
  }

  /** Nothing that still comes is delivered. Idempotent. */
  end(): void {
    if (this.#ended) return
    this.#ended = true
    this.#events.ended()
    this.#call.end()
  }

  #received(frame: Buffer): void {
    if (this.#ended) return
    let messages: readonly PeerMessage[]
    try {
      messages = this.#read(frame)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      this.#refuse(error)
      return
    }
    for (const message of messages) {
      // Whoever hears a message may close the transport.
      if (this.#ended) return
      this.#events.received(message)
    }
  }

  #read(frame: Buffer): readonly PeerMessage[] {
    if (frame.length > LIMITS.peerMessageBytesMax) {
      throw new Refusal(
        status.RESOURCE_EXHAUSTED,
        `A frame has ${frame.length} bytes; at most ${LIMITS.peerMessageBytesMax} are read.`,
      )
    }
    const { hello, messages } = decodeFrame(frame)
    if (this.#hello === null) this.#greet(hello)
    return messages
  }

  #greet(hello: PeerHello | undefined): void {
    if (hello === undefined) throw new Refusal(status.INVALID_ARGUMENT, 'The first frame has no hello.')
    const { protocolVersion, address } = hello
    if (protocolVersion !== PEER_PROTOCOL_VERSION) {
      throw new Refusal(
        status.FAILED_PRECONDITION,
        `It speaks version ${protocolVersion} of the peer protocol; this node speaks ${PEER_PROTOCOL_VERSION}.`,
        address,
      )
    }
    if (address === '') throw new Refusal(status.INVALID_ARGUMENT, 'The hello has no address.')
    this.#hello = hello
    this.#events.greeted(this.key ?? '')
    // Tells the peer that its stream is taken.
    this.#call.sendMetadata(new Metadata())
  }

  #refuse(refusal: Refusal): void {
    this.#ended = true
    this.#events.ended()
    // Of a stranger without its port, which is another one each time.
    const address = this.#hello?.address || refusal.address || this.#call.getPeer().replace(/:\d+$/, '')
    // An error event is how this library's streams are told to end with a status.
    this.#call.emit('error', { code: refusal.code, details: refusal.message })
    this.#events.misbehaved(address, refusal.message)
  }
}

/** Why a stream is ended, in one sentence, with the status that its peer gets to see. */
class Refusal extends Error {
  readonly code: status
  /** By which the peer calls itself, where that is known. */
  readonly address: string

  constructor(code: status, message: string, address = '') {
    super(message)
    this.code = code
    this.address = address
  }
}

function decodeFrame(frame: Buffer): { hello: PeerHello | undefined; messages: readonly PeerMessage[] } {
  try {
    const { hello, messages } = PeerFrame.decode(frame)
    return { hello, messages: messages.map(decodePeerMessage) }
  } catch (error) {
    const reason = reasonOf(error)
    const why = error instanceof ProtocolError ? reason : `A frame cannot be decoded: ${reason}.`
    throw new Refusal(status.INVALID_ARGUMENT, why)
  }
}
