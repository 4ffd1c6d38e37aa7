import type { Config, Member, NodeId } from './types.ts'

/** What nodes tell each other while there is no cluster yet, and what formed nodes answer then. */
export interface FormNews {
  readonly from: NodeId
  /** The sender's `host:port`. */
  readonly address: string
  /** The sender's list of initial members, normalized and sorted. */
  readonly addresses: readonly string[]
  /** The configuration that the sender has durably promised to found, and no other in its life. */
  readonly pledge: Config | null
  readonly formed: Config | null
}

export type FormStep =
  /** Nothing to do but to go on telling. */
  | { readonly type: 'wait' }
  /** Make this pledge durable, then call `pledged`. */
  | { readonly type: 'pledge'; readonly config: Config }
  /** This node is a member of this cluster: make it durable, then start. */
  | { readonly type: 'formed'; readonly config: Config }
  /** What an operator must hear. `isFinal`: this node can never join and must stop. */
  | { readonly type: 'trouble'; readonly why: string; readonly isFinal: boolean }

/**
 * First start: how a list of addresses becomes a cluster. Pure, like the core.
 *
 * Each node learns the identities behind the addresses. When it knows all of them it **pledges**, durably, to found
 * exactly that cluster and never another; when it has heard that all have pledged the same, the cluster is formed.
 * Without the pledge, a node whose disk was lost between two others' decisions could end up in two clusters, one
 * holding what was acknowledged and the other empty.
 */
export class Formation {
  readonly #id: NodeId
  readonly #address: string
  readonly #addresses: readonly string[]
  readonly #hash: (text: string) => string
  readonly #known = new Map<string, NodeId>()
  readonly #pledgedBy = new Map<NodeId, string>()
  #pledge: Config | null

  /**
   * @param addresses `host:port` of all initial members, this one included, normalized and sorted
   * @param hash hexadecimal digest of a text, the same on all nodes
   */
  constructor(
    id: NodeId,
    address: string,
    addresses: readonly string[],
    pledge: Config | null,
    hash: (text: string) => string,
  ) {
    this.#id = id
    this.#address = address
    this.#addresses = addresses
    this.#hash = hash
    this.#pledge = pledge
    this.#known.set(address, id)
  }

  /** To be told to every address, again and again. */
  get news(): FormNews {
    return {
      from: this.#id,
      address: this.#address,
      addresses: this.#addresses,
      pledge: this.#pledge,
      formed: null,
    }
  }

  /** A node alone in its list has nobody to hear from. */
  begin(): FormStep {
    return this.#next()
  }

  hear(news: FormNews): FormStep {
    if (news.formed !== null) return this.#join(news.formed, news.address)
    if (news.addresses.join() !== this.#addresses.join()) {
      return trouble(
        `${news.address} was started with --node-ips ${news.addresses.join(' ')}, but this node with ${this.#addresses.join(' ')}; all nodes of a new cluster need the same list.`,
      )
    }
    if (!this.#addresses.includes(news.address)) return { type: 'wait' }
    const pledged = this.#pledge?.members.find(({ address }) => address === news.address)
    if (pledged !== undefined && pledged.id !== news.from) {
      return trouble(
        `${news.address} lost its data before the cluster was formed (it was node ${pledged.id}, now it is ${news.from}); nothing is lost: stop all nodes, delete their data directories, start them again.`,
      )
    }
    this.#known.set(news.address, news.from)
    if (news.pledge !== null && this.#pledge !== null && news.pledge.cluster !== this.#pledge.cluster) {
      return trouble(
        `${news.address} has pledged to found another cluster than this node has; nothing is lost: stop all nodes, delete their data directories, start them again.`,
      )
    }
    if (news.pledge !== null) this.#pledgedBy.set(news.from, news.pledge.cluster)
    return this.#next()
  }

  /** The pledge is durable. */
  pledged(config: Config): FormStep {
    this.#pledge = config
    return this.#next()
  }

  #next(): FormStep {
    if (this.#pledge === null) {
      if (this.#known.size < this.#addresses.length) return { type: 'wait' }
      return { type: 'pledge', config: this.#configOf([...this.#known].map(([address, id]) => ({ id, address }))) }
    }
    const { cluster, members } = this.#pledge
    const isUnanimous = members.every(({ id }) => id === this.#id || this.#pledgedBy.get(id) === cluster)
    return isUnanimous ? { type: 'formed', config: this.#pledge } : { type: 'wait' }
  }

  #configOf(unsorted: readonly Member[]): Config {
    const members = [...unsorted].sort((a, b) => (a.id < b.id ? -1 : 1))
    return { cluster: this.#hash(members.map(({ id, address }) => `${id} ${address}\n`).join('')), version: 1, members }
  }

  /** Somebody is formed already. This node belongs to that cluster exactly if it pledged so. */
  #join(config: Config, teller: string): FormStep {
    if (this.#pledge?.cluster === config.cluster) return { type: 'formed', config }
    const namesake = config.members.find(({ address }) => address === this.#address)
    if (namesake === undefined) {
      return final(`${teller} belongs to a cluster that this node's address, ${this.#address}, is not a member of.`)
    }
    return final(
      `This node's data directory is empty, but ${this.#address} is already a member of the cluster, as node ${namesake.id}. Start it on its old data; a node that lost its data must not vote again under its old name.`,
    )
  }
}

function trouble(why: string): FormStep {
  return { type: 'trouble', why, isFinal: false }
}

function final(why: string): FormStep {
  return { type: 'trouble', why, isFinal: true }
}
