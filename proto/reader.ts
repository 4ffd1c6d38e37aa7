import { BinaryReader } from '@bufbuild/protobuf/wire'

/**
 * Reads an encoded message field by field, without making an object of each message in it, as generated code does: those
 * are what a few bytes of a stranger's can make expensive. A method throws an Error at what is malformed.
 *
 * A message that ends at `end` is read by `while (reader.pos < end)`, a tag, and what the tag announces; then `ends`. Where
 * that is not often done, `message` does it.
 */
export class WireReader extends BinaryReader {
  /** What it reads. */
  readonly source: Uint8Array
  #passed = 0

  constructor(source: Uint8Array) {
    super(source)
    this.source = source
  }

  /** Reads the length of a part of a message that ends at `end`. Gives where the part ends. */
  partEnd(end: number): number {
    const length = this.uint32()
    const partEnd = this.pos + length
    if (partEnd > end) throw new Error('a part is longer than the message that it is in')
    return partEnd
  }

  /** Leaves a part of a message that ends at `end` for later: gives where its length is read. */
  leave(end: number): number {
    const at = this.pos
    this.pos = this.partEnd(end)
    return at
  }

  /**
   * Passes over a field that means nothing to this software, in a message that ends at `end`. Some of them are what a later
   * version sends; there are never many.
   */
  pass(tag: number, end: number): void {
    this.#passed += 1
    if (this.#passed > PASSED_MAX) throw new Error(`more than ${PASSED_MAX} unknown fields`)
    if (tag >>> 3 === 0) throw new Error('a field without a number')
    switch (tag & 7) {
      case VARINT:
        this.uint32()
        break
      case FIXED_64:
        this.pos += 8
        break
      case PART:
        this.pos = this.partEnd(end)
        break
      case FIXED_32:
        this.pos += 4
        break
      default:
        throw new Error(`a field of the wire type ${tag & 7}, which is no longer used`)
    }
  }

  /**
   * Reads a whole message: `read` is given each tag, reads what it announces, and gives true; or false, to have it passed
   * over.
   */
  message(end: number, read: (tag: number) => boolean): void {
    while (this.pos < end) {
      const tag = this.uint32()
      if (!read(tag)) this.pass(tag, end)
    }
    this.ends(end)
  }

  /** That a message has ended where it should. */
  ends(end: number): void {
    if (this.pos !== end) throw new Error('a message is longer than it says')
  }

  /** A uint64 that is a safe integer. */
  count(): number {
    const value = Number(this.uint64())
    if (!Number.isSafeInteger(value)) throw new Error(`the number ${value} is too large`)
    return value
  }
}

const VARINT = 0
const FIXED_64 = 1
const PART = 2
const FIXED_32 = 5

const PASSED_MAX = 10_000
