// The tags of `decree.v1.Value`, number and wire type: what `value-reader.ts` reads and `value-writer.ts` writes.

export const NULL = 8
export const BOOL = 16
export const INT = 24
export const FLOAT = 33
export const STRING = 42
export const BYTES = 50
export const LIST = 58
export const MAP = 66

/** Of a list's items, and of a map's pairs. */
export const ITEM = 10

/** Of a pair, and of an entry of a result. */
export const KEY = 10
export const VALUE = 18
