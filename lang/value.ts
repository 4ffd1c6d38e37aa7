/**
 * A value of the language, as programs hold it: int is `bigint` (64-bit signed), float is `number` (finite, no
 * negative zero), bytes are `Uint8Array`, maps are `Map`s in key (code point) order. Null is absence.
 */
export type Value =
  | null
  | boolean
  | bigint
  | number
  | string
  | Uint8Array
  | readonly Value[]
  | ReadonlyMap<string, Value>
