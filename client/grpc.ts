import { credentials, type ServiceError, status } from '@grpc/grpc-js'
import { StoreClient } from '../proto/gen/decree/v1/store.ts'
import type { Channel, Ending, Line, LineEvents } from './channel.ts'
import { DecreeError } from './errors.ts'
import { CHANNEL_OPTIONS } from './limits.ts'
import { Nearness, NODES_HEADER } from './nearness.ts'
import { plainTrouble } from './network-trouble.ts'

/** The way to a server over the network. */
export function dialGrpc(address: string): Channel {
  return new GrpcChannel(address)
}

class GrpcChannel implements Channel {
  readonly #address: string
  #client: StoreClient | undefined
  #isKept = false
  #nearness: Nearness | undefined

  constructor(address: string) {
    this.#address = address
  }

  open(events: LineEvents): Line {
    const call = this.#connected().session()
    call.on('metadata', (metadata) => {
      const [nodes] = metadata.get(NODES_HEADER)
      if (nodes !== undefined) this.#nearness ??= new Nearness(this.#address, String(nodes).split(','))
      events.taken()
    })
    call.on('data', (frame) => {
      this.#nearness?.answered(frame.responses.length)
      events.received(frame)
    })
    call.on('error', (error) => events.ended(explain(this.#address, error as ServiceError)))
    call.on('end', () => events.ended(explain(this.#address, undefined)))
    return call
  }

  connect(): void {
    if (this.#isKept) return
    this.#isKept = true
    this.#keep(this.#connected())
  }

  close(): void {
    this.#nearness?.close()
    this.#nearness = undefined
    const client = this.#client
    this.#client = undefined
    client?.close()
  }

  #connected(): StoreClient {
    this.#client ??= new StoreClient(this.#address, credentials.createInsecure(), CHANNEL_OPTIONS)
    return this.#client
  }

  /** A channel that has lost its connection, or that never had one, is idle until it is asked. */
  #keep(client: StoreClient): void {
    if (client !== this.#client) return
    const channel = client.getChannel()
    const state = channel.getConnectivityState(true)
    channel.watchConnectivityState(state, Number.POSITIVE_INFINITY, () => this.#keep(client))
  }
}

/** What a stream's end means. An orderly end, without a cause, comes when a server stops. */
export function explain(
  address: string,
  cause: { readonly code: status; readonly details: string } | undefined,
): Ending {
  const details = cause?.details ?? ''
  switch (cause?.code) {
    case status.UNIMPLEMENTED:
    case status.FAILED_PRECONDITION: {
      const message = `${address} does not speak this client's version of the protocol: ${details}`
      return { error: new DecreeError('version_mismatch', message, { cause }), fatal: true, arrived: true }
    }
    case status.INVALID_ARGUMENT: {
      const message = `${address} did not understand this client: ${details}`
      return { error: new DecreeError('protocol_error', message, { cause }), fatal: true, arrived: true }
    }
    default: {
      const error = new DecreeError('unreachable', `${address} ${reason(details)}`, { cause })
      return { error, fatal: false, arrived: !NEVER_CONNECTED.test(details) }
    }
  }
}

/** How grpc-js words that it had no connection to send anything over. Reworded, outcomes would only be less exact. */
const NEVER_CONNECTED = /^(No connection established|Name resolution failed)/

function reason(details: string): string {
  return details === '' ? 'ended the stream' : `cannot be reached: ${plainTrouble(details)}`
}
