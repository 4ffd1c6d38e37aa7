import type { Dial } from './channel.ts'
import { Stream, type StreamOwner } from './stream.ts'

/** The servers that are known, in a ring, and which of them is believed to lead. */
export class Routes {
  readonly #dial: Dial
  readonly #owner: StreamOwner
  readonly #ring: Stream[]
  #leader = 0
  /** A server has said so, or has answered as only a leader can; and nothing has spoken against it since. */
  #isKnown = false

  constructor(addresses: readonly string[], dial: Dial, owner: StreamOwner) {
    this.#dial = dial
    this.#owner = owner
    this.#ring = addresses.map((address) => new Stream(address, dial(address), owner))
  }

  /** Every server: those given at first, then those learned of. */
  get all(): readonly Stream[] {
    return this.#ring
  }

  /** Connects to every server in advance. */
  connect(): void {
    for (const stream of this.#ring) stream.connect()
  }

  /** The server to ask first. */
  get leader(): Stream {
    const stream = this.#ring[this.#leader]
    if (stream === undefined) throw new Error(`no server at ${this.#leader} of ${this.#ring.length}`)
    return stream
  }

  /** Whether there is a reason to believe that `leader` leads. */
  get isLeaderKnown(): boolean {
    return this.#isKnown
  }

  /** The stream to the server at `address`, if it is one of those that are known. */
  find(address: string): Stream | undefined {
    return this.#ring.find((stream) => stream.address === address)
  }

  /** A server says that the one at `address` leads. */
  follow(address: string): Stream {
    const known = this.#ring.findIndex((stream) => stream.address === address)
    if (known < 0) this.#ring.push(new Stream(address, this.#dial(address), this.#owner))
    this.#leader = known < 0 ? this.#ring.length - 1 : known
    this.#isKnown = true
    return this.leader
  }

  /**
   * `stream` does not lead, or cannot be reached: if it was believed to lead, the next one is now that was not found
   * broken a moment ago.
   */
  leave(stream: Stream): void {
    if (stream !== this.#ring[this.#leader]) return
    this.#isKnown = false
    for (let step = 1; step <= this.#ring.length; step++) {
      const next = (this.#leader + step) % this.#ring.length
      if (step < this.#ring.length && this.#ring[next]?.isBroken) continue
      this.#leader = step < this.#ring.length ? next : (this.#leader + 1) % this.#ring.length
      return
    }
  }

  /** The first server behind the believed leader that is not in `asked`; undefined if all are. */
  another(asked: readonly Stream[]): Stream | undefined {
    for (let step = 0; step < this.#ring.length; step++) {
      const stream = this.#ring[(this.#leader + step) % this.#ring.length]
      if (stream !== undefined && !asked.includes(stream) && !stream.isBroken) return stream
    }
    return this.#ring.find((stream) => !asked.includes(stream))
  }

  close(): void {
    for (const stream of this.#ring) stream.close()
  }
}
