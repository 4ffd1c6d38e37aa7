import { type handleBidiStreamingCall, type Server, type ServiceDefinition, status } from '@grpc/grpc-js'
import { type PeerAck, PeerService } from '../../proto/gen/decree/v1/peer.ts'
import { IncomingStreams } from './incoming.ts'
import { PeerLink } from './link.ts'
import type { PeerEvents, PeerMessage, PeerTransport, PeerTransportFactory } from './transport.ts'

/**
 * Peers over gRPC. Registers the `Peer` service on `server`, at once: call it before the server is bound. The
 * factory may be called again when its transport is closed; while there is none, peers are refused.
 *
 * The server should have been made with `SERVER_OPTIONS`. Also when a peer refuses this node's stream it is reported
 * as `misbehaved`: once, until it takes one.
 */
export function grpcPeers(server: Server): PeerTransportFactory {
  let current: GrpcTransport | null = null
  const exchange: handleBidiStreamingCall<Buffer, PeerAck> = (call) => {
    if (current !== null) current.accept(call)
    else call.emit('error', { code: status.UNAVAILABLE, details: 'This node does not speak with its peers now.' })
  }
  server.addService(RAW_PEER_SERVICE, { exchange })

  return (address, events) => {
    if (current !== null) throw new Error('This server has a peer transport already.')
    const transport: GrpcTransport = new GrpcTransport(address, events, () => {
      if (current === transport) current = null
    })
    current = transport
    return transport
  }
}

/** Frames are read here, not by the library: only so can a bad one be told from a broken stream. */
const RAW_PEER_SERVICE: ServiceDefinition<{ exchange: handleBidiStreamingCall<Buffer, PeerAck> }> = {
  exchange: {
    ...PeerService.exchange,
    requestSerialize: (frame: Buffer) => frame,
    requestDeserialize: (frame: Buffer) => frame,
  },
}

class GrpcTransport implements PeerTransport {
  readonly #address: string
  readonly #events: PeerEvents
  readonly #incoming: IncomingStreams
  readonly #links = new Map<string, PeerLink>()
  readonly #onClose: () => void
  #closing: Promise<void> | null = null

  constructor(address: string, events: PeerEvents, onClose: () => void) {
    this.#address = address
    this.#events = events
    this.#incoming = new IncomingStreams(events)
    this.#onClose = onClose
  }

  accept(call: Parameters<IncomingStreams['accept']>[0]): void {
    this.#incoming.accept(call)
  }

  send(address: string, message: PeerMessage): void {
    if (this.#closing !== null) return
    let link = this.#links.get(address)
    if (link === undefined) {
      link = new PeerLink(this.#address, address, this.#events)
      this.#links.set(address, link)
    }
    link.send(message)
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#onClose()
    this.#incoming.close()
    await Promise.all(Array.from(this.#links.values(), (link) => link.close()))
  }
}
