import { freeAddresses, type Launch } from '../support/cluster.ts'
import { Gate } from './gate.ts'
import { type Change, CLIENTS, type ConditionName, Network, type Party, type Path } from './network.ts'
import { Owners } from './owner.ts'

/** A network of loopback addresses with a proxy in front of every node. */
export class ProxyNetwork extends Network {
  readonly addresses: readonly string[]
  readonly can: ReadonlySet<ConditionName> = new Set<ConditionName>(['cut', 'refused', 'delayed', 'slow'])
  readonly #gates = new Map<Party, Gate>()
  readonly #listening: ReadonlyMap<Party, string>
  readonly #owners = new Owners()

  private constructor(addresses: readonly string[], listening: ReadonlyMap<Party, string>) {
    super()
    this.addresses = addresses
    this.#listening = listening
    this.#owners.name(process.pid, CLIENTS)
    for (const [address, target] of listening) {
      const gate = new Gate(address, target, {
        ownerOf: (host, port) => this.#owners.find(host, port) ?? null,
        conditionOf: (path) => this.conditionOf(path),
      })
      this.#gates.set(address, gate)
    }
  }

  static async open(size: number): Promise<ProxyNetwork> {
    const all = await freeAddresses(2 * size)
    const addresses = all.slice(0, size)
    const network = new ProxyNetwork(addresses, new Map(addresses.map((one, n) => [one, all[size + n] ?? ''])))
    for (const gate of network.#gates.values()) await gate.open()
    return network
  }

  launch(address: string): Launch {
    return { prefix: [], options: ['--listen', this.#listening.get(address) ?? ''] }
  }

  started(address: string, pid: number): void {
    this.#owners.name(pid, address)
  }

  async close(): Promise<void> {
    await Promise.all([...this.#gates.values()].map((gate) => gate.close()))
  }

  protected apply(changes: readonly Change[]): void {
    for (const { from, to } of changes) {
      this.#gates.get(to)?.changed(from)
      this.#gates.get(from)?.changed(to)
    }
  }

  protected reset(paths: readonly Path[]): void {
    for (const { from, to } of paths) {
      this.#gates.get(to)?.reset(from)
      this.#gates.get(from)?.reset(to)
    }
  }
}
