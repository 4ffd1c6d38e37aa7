import type { BinaryWriter } from '@bufbuild/protobuf/wire'
import type { Value } from '../lang/index.ts'
import { BOOL, BYTES, FLOAT, INT, ITEM, KEY, LIST, MAP, NULL, STRING, VALUE } from './value-tags.ts'
import { checkDepth, finite, inKeyOrder } from './values.ts'

// What is written for every transaction is written by hand: an object for each message in it, which generated code needs,
// costs more than the writing. A test holds both against each other.

/**
 * Writes a value into its part of a message: what `encodeValue` and the generated encoder do together.
 *
 * Throws as `encodeValue`; then the writer holds a part of a message, and is of no further use.
 */
export function writeValue(writer: BinaryWriter, value: Value, depth = 0): void {
  checkDepth(depth)
  if (value === null) {
    writer.uint32(NULL).bool(true)
    return
  }
  switch (typeof value) {
    case 'string':
      writer.uint32(STRING).string(value)
      return
    case 'bigint':
      if (BigInt.asIntN(64, value) !== value) throw new Error(`an int beyond 64 bits: ${value}`)
      writer.uint32(INT).sint64(value)
      return
    case 'boolean':
      writer.uint32(BOOL).bool(value)
      return
    case 'number':
      writer.uint32(FLOAT).double(finite(value) + 0)
      return
    default:
      return writeObject(writer, value, depth)
  }
}

/** A key with its value, as entries of results have them. */
export function writeEntry(writer: BinaryWriter, key: string, value: Value): void {
  if (key !== '') writer.uint32(KEY).string(key)
  writer.uint32(VALUE).fork()
  writeValue(writer, value)
  writer.join()
}

function writeObject(
  writer: BinaryWriter,
  value: Uint8Array | readonly Value[] | ReadonlyMap<string, Value>,
  depth: number,
): void {
  if (value instanceof Uint8Array) {
    writer.uint32(BYTES).bytes(value)
    return
  }
  if (value instanceof Map) {
    writer.uint32(MAP).fork()
    for (const [key, item] of inKeyOrder([...(value as ReadonlyMap<string, Value>)])) {
      writer.uint32(ITEM).fork()
      if (key !== '') writer.uint32(KEY).string(key)
      writer.uint32(VALUE).fork()
      writeValue(writer, item, depth + 1)
      writer.join().join()
    }
    writer.join()
    return
  }
  writer.uint32(LIST).fork()
  for (const item of value as readonly Value[]) {
    writer.uint32(ITEM).fork()
    writeValue(writer, item, depth + 1)
    writer.join()
  }
  writer.join()
}
