/**
 * What happened in a run, event by event: folded into a hash, by which two runs can be compared, and told to whoever
 * traces the run. Two runs of one seed must give the same hash.
 */
export class EventLog {
  readonly #tell: ((line: string) => void) | null
  // Two lanes of FNV-1a with different offsets: 64 bits together.
  #low = 0x811c9dc5
  #high = 0x050c5d1f

  /** `tell`: hears every line; null: nobody does. */
  constructor(tell: ((line: string) => void) | null) {
    this.#tell = tell
  }

  add(atMs: number, what: string): void {
    const line = `${atMs.toFixed(3)} ${what}`
    let low = this.#low
    let high = this.#high
    for (let index = 0; index < line.length; index += 1) {
      const unit = line.charCodeAt(index)
      low = Math.imul(low ^ unit, 0x01000193)
      high = Math.imul(high ^ unit, 0x01000193) ^ (low >>> 15)
    }
    this.#low = low
    this.#high = high
    this.#tell?.(line)
  }

  /** 16 hexadecimal digits. */
  get hash(): string {
    return [this.#high, this.#low].map((lane) => (lane >>> 0).toString(16).padStart(8, '0')).join('')
  }
}
