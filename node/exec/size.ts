import { type Value, valueBytes } from '../../lang/index.ts'

/** Tag and length of a field whose length is at most five bytes long. */
export const FIELD_BYTES = 6

/** Numbers of a record: tag and at most nine bytes each (they are safe integers). */
export const NUMBER_BYTES = 10

/** Never below the bytes of an entry in an encoded patch; Infinity for a value that cannot be encoded. */
export function entryBytes(key: string, value: Value): number {
  return 3 * FIELD_BYTES + Buffer.byteLength(key) + 2 * NUMBER_BYTES + valueBytes(value)
}
