/** Numbers of one operation in the ledger: revision, key, number of the value read, number of the value written. */
const FIELDS = 4
/** In place of a written value's number: it wrote nothing. */
const NOTHING = -1

/**
 * What callers were told, checked against what a store must tell them. Every value ever written has a number of its
 * own. In order of revisions, each transaction must have read the value that the last one before it wrote under its
 * key: then no write was lost, none was doubled, and no read was stale.
 */
export class Ledger {
  /** By key: the number of the value that it holds after all operations checked so far. */
  readonly #held: Float64Array
  /** Values whose writers do not know whether they were written, with their keys. */
  readonly #doubtful = new Map<number, number>()
  #operations = new Float64Array(FIELDS * 1_024)
  #count = 0

  /** Every key holds the value of number 0. */
  constructor(keys: number) {
    this.#held = new Float64Array(keys)
  }

  wrote(revision: number, key: number, read: number, written: number): void {
    this.#add(revision, key, read, written)
  }

  read(revision: number, key: number, read: number): void {
    this.#add(revision, key, read, NOTHING)
  }

  /** A write that failed may have happened, once. */
  maybeWrote(key: number, written: number): void {
    this.#doubtful.set(written, key)
  }

  /** Checks every operation added since the last call: no call may be under way. Throws an Error that names the first contradiction. */
  check(): void {
    const at = (row: number, field: number): number => this.#operations[row * FIELDS + field] ?? Number.NaN
    // A read at a revision sees what was written at it.
    const order = Uint32Array.from({ length: this.#count }, (_, row) => row).sort(
      (a, b) => at(a, 0) - at(b, 0) || Number(at(a, 3) === NOTHING) - Number(at(b, 3) === NOTHING),
    )
    let lastRevision = 0
    for (const row of order) {
      const [revision, key, read, written] = [at(row, 0), at(row, 1), at(row, 2), at(row, 3)]
      this.#expect(key, read, `at revision ${revision}`)
      if (written === NOTHING) continue
      if (revision === lastRevision) throw new Error(`Two transactions were told that they wrote revision ${revision}.`)
      lastRevision = revision
      this.#held[key] = written
    }
    this.#count = 0
  }

  /** What a key holds in the end. Throws like `check`, which must have been called before. */
  checkHeld(key: number, read: number): void {
    this.#expect(key, read, 'in the end')
  }

  #expect(key: number, read: number, when: string): void {
    const held = this.#held[key]
    if (read === held) return
    if (this.#doubtful.get(read) === key) {
      this.#doubtful.delete(read)
      this.#held[key] = read
      return
    }
    throw new Error(`Key ${key} held value ${read} ${when}, but ${held} was the last one written to it.`)
  }

  #add(revision: number, key: number, read: number, written: number): void {
    const start = this.#count * FIELDS
    if (start === this.#operations.length) {
      const larger = new Float64Array(2 * start)
      larger.set(this.#operations)
      this.#operations = larger
    }
    this.#operations[start] = revision
    this.#operations[start + 1] = key
    this.#operations[start + 2] = read
    this.#operations[start + 3] = written
    this.#count += 1
  }
}
