import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { Flow } from './flow.ts'
import type { Condition, Party, Path } from './network.ts'

/** What a gate asks of its network. */
export interface GateKeeper {
  /** Who has opened the connection that comes from this port of this address; null: nobody any more. */
  ownerOf(host: string, port: number): Party | null
  conditionOf(path: Path): Condition
}

/**
 * The proxy in front of one node: listens where everybody believes that the node does. A connection that comes while its
 * path is cut is taken and heard of no more, until the path is open again.
 */
export class Gate {
  readonly #node: Party
  readonly #target: { readonly host: string; readonly port: number }
  readonly #keeper: GateKeeper
  readonly #server: Server
  readonly #connections = new Set<Connection>()

  /** `node` is the `host:port` to listen on, `target` the one that the node itself listens on. */
  constructor(node: Party, target: string, keeper: GateKeeper) {
    this.#node = node
    this.#target = hostAndPort(target)
    this.#keeper = keeper
    this.#server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, (socket) => {
      socket.on('error', () => undefined)
      this.#accept(socket)
    })
  }

  async open(): Promise<void> {
    this.#server.listen(hostAndPort(this.#node))
    await once(this.#server, 'listening')
  }

  /** What lies on paths to or from `other` has another condition now. */
  changed(other: Party): void {
    for (const connection of this.#connections) if (connection.party === other) connection.update()
  }

  reset(other: Party): void {
    for (const connection of this.#connections) if (connection.party === other) connection.reset()
  }

  async close(): Promise<void> {
    for (const connection of this.#connections) connection.reset()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #accept(socket: Socket): void {
    const party = this.#keeper.ownerOf(socket.remoteAddress ?? '', socket.remotePort ?? 0)
    if (party === null) {
      socket.destroy()
      return
    }
    const connection = new Connection(socket, this.#target, party, {
      there: () => this.#keeper.conditionOf({ from: party, to: this.#node }),
      back: () => this.#keeper.conditionOf({ from: this.#node, to: party }),
    })
    this.#connections.add(connection)
    socket.on('close', () => this.#connections.delete(connection))
    connection.update()
  }
}

interface Ways {
  readonly there: () => Condition
  readonly back: () => Condition
}

class Connection {
  readonly party: Party
  readonly #near: Socket
  readonly #target: { readonly host: string; readonly port: number }
  readonly #ways: Ways
  #far: Socket | null = null
  #flows: { readonly there: Flow; readonly back: Flow } | null = null

  constructor(near: Socket, target: { readonly host: string; readonly port: number }, party: Party, ways: Ways) {
    this.#near = near
    this.#target = target
    this.party = party
    this.#ways = ways
  }

  update(): void {
    const there = this.#ways.there()
    const back = this.#ways.back()
    if (there.type === 'refused' || back.type === 'refused') return this.reset()
    if (this.#flows !== null) {
      this.#flows.there.condition = there
      this.#flows.back.condition = back
    } else if (there.type !== 'cut' && back.type !== 'cut') this.#connect()
  }

  reset(): void {
    this.#near.resetAndDestroy()
    this.#far?.resetAndDestroy()
  }

  /** A handshake needs both directions. */
  #connect(): void {
    if (this.#far !== null) return
    const far = connect({ ...this.#target, allowHalfOpen: true, noDelay: true })
    this.#far = far
    far.on('error', () => {
      // Nobody listens there: as near to a refusal as one can come who has already taken the connection.
      if (this.#flows === null) this.reset()
    })
    far.on('connect', () => {
      if (this.#near.destroyed) {
        far.destroy()
        return
      }
      this.#flows = {
        there: new Flow(this.#near, far, this.#ways.there()),
        back: new Flow(far, this.#near, this.#ways.back()),
      }
    })
  }
}

/** Of an address on this machine, which is never one of IPv6. */
function hostAndPort(address: string): { readonly host: string; readonly port: number } {
  const [host = '', port = ''] = address.split(':')
  return { host, port: Number(port) }
}
