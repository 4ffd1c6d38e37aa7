/** Two lanes of 32 bits. */
export interface Hash {
  readonly high: number
  readonly low: number
}

/** A hash of a text. Hashes of the parts of a set may be added, lane by lane, to one of the set. */
export function hashOf(text: string): Hash {
  let high = 0x9e3779b9
  let low = 0x85ebca6b
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index)
    high = Math.imul((high << 13) | (high >>> 19), 0xcc9e2d51) ^ Math.imul(code + 1, 0x27d4eb2f)
    low = Math.imul((low << 15) | (low >>> 17), 0x1b873593) ^ Math.imul(code + 1, 0x165667b1)
  }
  return { high: mix(high ^ Math.imul(low, 0x2c1b3c6d)), low: mix(low ^ Math.imul(high, 0x297a2d39)) }
}

/** Spreads every bit over all bits (a finalizer of MurmurHash3). */
export function mix(bits: number): number {
  let mixed = bits
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) | 0
}
