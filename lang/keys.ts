import { limits } from './limits.ts'
import type { Value } from './value.ts'
import { typeName } from './values.ts'

/** What keeps a value from being a key, as the end of a sentence that begins with the key's name; undefined: nothing. */
export function keyProblem(value: Value): string | undefined {
  return value === '' ? 'must not be empty' : prefixProblem(value)
}

/** As `keyProblem`, of the prefix of a scan or of the key behind which it starts: it may be empty. */
export function prefixProblem(value: Value): string | undefined {
  if (typeof value !== 'string') return `must be a string, not ${typeName(value)}`
  // A unit is at most three bytes: short keys need not be measured.
  if (value.length * 3 > limits.keyBytesMax) {
    const bytes = Buffer.byteLength(value)
    if (bytes > limits.keyBytesMax) return `must not exceed keyBytesMax, ${limits.keyBytesMax} bytes; it has ${bytes}`
  }
  return value.includes('\0') ? 'must not contain U+0000' : undefined
}
