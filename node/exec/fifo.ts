/** First in, first out. Each operation takes constant time on average, and nothing that was taken is held on to. */
export class Fifo<T> {
  #items: (T | undefined)[] = []
  /** Where in `#items` the first is. */
  #head = 0

  get length(): number {
    return this.#items.length - this.#head
  }

  get first(): T | undefined {
    return this.#items[this.#head]
  }

  push(item: T): void {
    this.#items.push(item)
  }

  removeFirst(): T | undefined {
    const item = this.#items[this.#head]
    if (item === undefined) return undefined
    this.#items[this.#head] = undefined
    this.#head += 1
    if (this.#head === this.#items.length || this.#head >= COMPACT_AT) {
      this.#items = this.#items.slice(this.#head)
      this.#head = 0
    }
    return item
  }

  /** Undoes `removeFirst`. */
  putBack(item: T): void {
    if (this.#head === 0) this.#items.unshift(item)
    else {
      this.#head -= 1
      this.#items[this.#head] = item
    }
  }

  takeAll(): readonly T[] {
    const all = this.#items.slice(this.#head).filter((item) => item !== undefined)
    this.#items = []
    this.#head = 0
    return all
  }
}

/** Taken items are cut off in pieces: one by one would cost a copy each. */
const COMPACT_AT = 1_024
