import { limits } from './limits.ts'

/** What stands between two tokens of a shape. */
export const SEPARATOR = '\u0001'

/** What stands for a literal, by its kind; `lowest` is the int 2^63. */
export const MARKS = { string: '\u0002', int: '\u0003', float: '\u0004', lowest: '\u0005' } as const

/**
 * Writes a shape, one after the other, into a buffer that all share: texts put together from pieces are slower to look
 * up than to write. Every character of a shape is ASCII.
 */
export class ShapeWriter {
  #length = 0

  /** A token as the text has it. */
  copy(text: string, start: number, end: number): void {
    this.#separate()
    for (let at = start; at < end; at++) shared[this.#length++] = text.charCodeAt(at)
  }

  /** One of `MARKS`. */
  mark(mark: string): void {
    this.#separate()
    shared[this.#length++] = mark.charCodeAt(0)
  }

  /** The shape. */
  finish(): string {
    return shared.toString('latin1', 0, this.#length)
  }

  #separate(): void {
    if (this.#length > 0) shared[this.#length++] = SEPARATOR_UNIT
  }
}

const SEPARATOR_UNIT = SEPARATOR.charCodeAt(0)

/** A token is a character of the text at least, and takes one more for what separates it. */
const shared = Buffer.allocUnsafeSlow(2 * limits.programBytesMax)
