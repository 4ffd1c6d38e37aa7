import { joined } from './numbers-log.ts'

/** Numbers of one operation: revision, transaction, key, number of the value read, number of the value written. */
export const FIELDS = 5
/** In place of a written value's number: it wrote nothing. */
export const NOTHING = -1
/** In place of the number of the value read: it read nothing. */
export const UNREAD = -2
/** Of a write that may have happened: nobody knows which value it wrote. */
export const ANY = -3

/**
 * What callers were told, checked against what a store must tell them. Values have numbers. In order of revisions,
 * each transaction must have read the value that the last one before it wrote under its key: then no write was lost,
 * none was doubled, and no read was stale.
 */
export class Ledger {
  /** By key: the number of the value that it holds after all operations checked so far. */
  readonly #held: Float64Array
  /** By key: values whose writers do not know whether they were written. */
  readonly #doubtful = new Map<number, number[]>()
  #pieces: Float64Array[] = []

  /** `firstNumber`: of the value that a key holds at first. */
  constructor(keys: number, firstNumber: (key: number) => number = () => 0) {
    this.#held = Float64Array.from({ length: keys }, (_, key) => firstNumber(key))
  }

  /** Takes operations down, in any order: `FIELDS` numbers each. */
  add(operations: Float64Array): void {
    this.#pieces.push(operations)
  }

  /** A write that failed may have happened, once. `written`: the value's number, or `ANY`. */
  maybeWrote(key: number, written: number): void {
    this.#doubtful.set(key, [...(this.#doubtful.get(key) ?? []), written])
  }

  /** Checks every operation added since the last call: no call may be under way. Throws an Error that names the first contradiction. */
  check(): void {
    const operations = joined(this.#pieces)
    this.#pieces = []
    const at = (row: number, field: number): number => operations[row * FIELDS + field] ?? Number.NaN
    // A read at a revision sees what was written at it.
    const order = Uint32Array.from({ length: operations.length / FIELDS }, (_, row) => row).sort(
      (a, b) => at(a, 0) - at(b, 0) || Number(at(a, 4) === NOTHING) - Number(at(b, 4) === NOTHING),
    )
    let lastRevision = 0
    let lastTransaction = 0
    for (const row of order) {
      const [revision, transaction, key] = [at(row, 0), at(row, 1), at(row, 2)]
      const [read, written] = [at(row, 3), at(row, 4)]
      if (read !== UNREAD) this.#expect(key, read, `at revision ${revision}`)
      if (written === NOTHING) continue
      if (revision === lastRevision && transaction !== lastTransaction) {
        throw new Error(`Two transactions were told that they wrote revision ${revision}.`)
      }
      lastRevision = revision
      lastTransaction = transaction
      this.#held[key] = written
    }
  }

  /** What a key holds in the end. Throws like `check`, which must have been called before. */
  checkHeld(key: number, read: number): void {
    this.#expect(key, read, 'in the end')
  }

  #expect(key: number, read: number, when: string): void {
    const held = this.#held[key]
    if (read === held) return
    const doubtful = this.#doubtful.get(key) ?? []
    const found = doubtful.findIndex((number) => number === read || number === ANY)
    if (found < 0) {
      throw new Error(`Key ${key} held value ${read} ${when}, but ${held} was the last one written to it.`)
    }
    doubtful.splice(found, 1)
    this.#held[key] = read
  }
}
