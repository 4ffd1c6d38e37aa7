import type { Launch } from '../support/cluster.ts'
import { addressOf, batch, inside, type Star, traffic } from './namespaces.ts'
import { type Change, CLIENTS, type Condition, type ConditionName, Network, type Party } from './network.ts'

/** Every node and all clients in namespaces of their own: what is cut is lost in the kernel, packet by packet. */
export class NamespaceNetwork extends Network {
  readonly addresses: readonly string[]
  readonly can: ReadonlySet<ConditionName> = new Set<ConditionName>(['cut', 'refused', 'slow'])
  readonly #star: Star
  /** Of the rules that are in force, by path. */
  readonly #rules = new Map<string, { readonly preference: number; readonly kind: string }>()
  #nextPreference = 100
  /** To each party: from whom the path is slow. The whole wire is slow then. */
  readonly #slowFrom = new Map<Party, Set<Party>>()

  /** The star exists, and this process runs in its clients' namespace. */
  constructor(star: Star) {
    super()
    this.#star = star
    this.addresses = star.nodes.map(addressOf)
  }

  launch(address: string): Launch {
    return { prefix: inside(this.#place(address).name), options: [] }
  }

  started(): void {
    // A packet tells by itself where it comes from.
  }

  async close(): Promise<void> {
    // Whoever has made the star removes it.
  }

  protected apply(changes: readonly Change[]): void {
    const lines = changes.flatMap((change) => this.#ruleLines(change))
    if (lines.length > 0) batch(this.#star.hub, lines)
    for (const { from, to, condition } of changes) this.#slow(from, to, condition)
  }

  /** Connections are the kernel's, and outlive a cut. */
  protected reset(): void {}

  #ruleLines({ from, to, condition }: Change): string[] {
    const key = `${from} ${to}`
    const old = this.#rules.get(key)
    const kind = condition.type === 'cut' ? 'blackhole' : condition.type === 'refused' ? 'unreachable' : undefined
    if (old?.kind === kind) return []
    const lines = old === undefined ? [] : [`rule del pref ${old.preference}`]
    this.#rules.delete(key)
    if (kind !== undefined) {
      const preference = this.#nextPreference++
      this.#rules.set(key, { preference, kind })
      lines.push(`rule add pref ${preference} from ${this.#place(from).ip} to ${this.#place(to).ip} ${kind}`)
    }
    return lines
  }

  #slow(from: Party, to: Party, condition: Condition): void {
    const slow = this.#slowFrom.get(to) ?? new Set()
    this.#slowFrom.set(to, slow)
    const wasSlow = slow.size > 0
    if (condition.type === 'slow') slow.add(from)
    else slow.delete(from)
    if (wasSlow === slow.size > 0) return
    const wire = ['dev', this.#place(to).wire, 'root']
    if (condition.type !== 'slow') traffic(this.#star.hub, ['qdisc', 'del', ...wire])
    else {
      // A short queue: what does not fit is lost.
      const rate = `${Math.ceil(condition.bytesPerSecond * 8)}bit`
      traffic(this.#star.hub, ['qdisc', 'add', ...wire, 'tbf', 'rate', rate, 'burst', '4kb', 'latency', '200ms'])
    }
  }

  #place(party: Party) {
    const place = party === CLIENTS ? this.#star.clients : this.#star.nodes.find((node) => addressOf(node) === party)
    if (place === undefined) throw new Error(`${party} is nowhere`)
    return place
  }
}
