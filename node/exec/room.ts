interface Share {
  count: number
  bytes: number
}

/**
 * Bounds what waits, whatever it waits for, in number and bytes. A session has at most as much in it as is still free
 * then: alone it may fill half of it, and however much some sessions send, others find room.
 */
export class WaitingRoom {
  readonly #countMax: number
  readonly #bytesMax: number
  readonly #shares = new Map<string, Share>()
  #count = 0
  #bytes = 0

  constructor(countMax: number, bytesMax: number) {
    this.#countMax = countMax
    this.#bytesMax = bytesMax
  }

  /** False: there is no room for it. One request alone may be larger than the bound. */
  enter(session: string, bytes: number): boolean {
    const own = this.#shares.get(session)
    if (this.#count + (own?.count ?? 0) >= this.#countMax) return false
    if (this.#count > 0 && this.#bytes + (own?.bytes ?? 0) + bytes > this.#bytesMax) return false
    this.enterAgain(session, bytes)
    return true
  }

  /** Undoes a `leave`. */
  enterAgain(session: string, bytes: number): void {
    this.#count += 1
    this.#bytes += bytes
    const own = this.#shares.get(session)
    if (own === undefined) this.#shares.set(session, { count: 1, bytes })
    else {
      own.count += 1
      own.bytes += bytes
    }
  }

  leave(session: string, bytes: number): void {
    this.#count -= 1
    this.#bytes -= bytes
    const own = this.#shares.get(session)
    if (own === undefined) throw new Error(`a request of ${session} left the room that it was not in`)
    own.count -= 1
    own.bytes -= bytes
    if (own.count === 0) this.#shares.delete(session)
  }
}
