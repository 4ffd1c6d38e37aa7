/**
 * Values by text, in about `bytesMax` of memory and never more; those unused for long go first. There are two
 * generations, so that finding a value that is in use costs one look and moves nothing: what is found in the older one
 * moves to the younger; when the younger has half of the room, the older one goes, and the younger takes its place.
 */
export class Lru<V> {
  readonly #halfBytes: number
  #young = new Map<string, Item<V>>()
  #youngBytes = 0
  #old = new Map<string, Item<V>>()
  #oldBytes = 0

  constructor(bytesMax: number) {
    this.#halfBytes = bytesMax / 2
  }

  get size(): number {
    return this.#young.size + this.#old.size
  }

  get bytes(): number {
    return this.#youngBytes + this.#oldBytes
  }

  get(key: string): V | undefined {
    const young = this.#young.get(key)
    if (young !== undefined) return young.value
    const old = this.#old.get(key)
    if (old === undefined) return undefined
    this.#old.delete(key)
    this.#oldBytes -= old.bytes
    this.#add(key, old)
    return old.value
  }

  /**
   * Changes nothing if the key is there. `bytes`: what it takes in memory, estimated; what needs half of the room or more
   * is not kept.
   */
  add(key: string, value: V, bytes: number): void {
    if (bytes <= this.#halfBytes && !this.#young.has(key) && !this.#old.has(key)) this.#add(key, { value, bytes })
  }

  #add(key: string, item: Item<V>): void {
    if (this.#youngBytes + item.bytes > this.#halfBytes) {
      this.#old = this.#young
      this.#oldBytes = this.#youngBytes
      this.#young = new Map()
      this.#youngBytes = 0
    }
    this.#young.set(key, item)
    this.#youngBytes += item.bytes
  }
}

interface Item<V> {
  readonly value: V
  readonly bytes: number
}
