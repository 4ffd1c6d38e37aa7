const KiB = 1024
const MiB = 1024 * KiB

/**
 * The bounds of the language. Sizes are in bytes: of UTF-8 for text, as encoded for values (see `valueBytes`).
 * An error about one of them has the code `limit_exceeded` and names the limit, its bound and what was asked for.
 */
export const limits = {
  /** A program's text. To read it takes time in proportion, and data belongs into parameters. */
  programBytesMax: 64 * KiB,
  /**
   * Tokens of a program: words, literals, signs. The parser takes up to 45 µs for each, for one program after the other:
   * others' new ones wait.
   */
  programTokensMax: 8_000,
  /**
   * Levels of brackets, blocks and prefix operators in a program. The parser and what walks its tree recurse; their
   * stack ends somewhere near 200 levels.
   */
  nestingMax: 64,
  /**
   * Lists and maps around the innermost part of a value: what walks values recurses, and each map is several
   * messages deep on the wire, whose decoders go 100 deep.
   */
  valueNestingMax: 31,
  /** Elements of one list or map: what walks them holds the event loop. */
  elementsMax: 100_000,
  /** All parameters of a request together: with the program and what surrounds it they fit into one message. */
  parametersBytesMax: 3 * MiB,
  /** A key, as UTF-8; at least 1 byte, and no U+0000. The storage's own keys are bounded, and keys are compared often. */
  keyBytesMax: 1 * KiB,
  /** A value that is stored or built. A transaction rewrites whole values: larger things are better kept in parts. */
  valueBytesMax: 1 * MiB,
  /** All that a transaction writes: it has to fit into one decree, with the result and what surrounds it. */
  patchBytesMax: 3.5 * MiB,
  /** What a transaction gives back, `reads` and `value` together: it has to fit into one message. */
  resultBytesMax: 3.5 * MiB,
  /** Entries that one `scan` gives: they are all in memory at once. More are had by `after`. */
  scanEntriesMax: 4_000,
  /** Units of work of one execution (see `costs`), so that none holds the event loop beyond about 20 ms. */
  costMax: 20_000,
} as const

/** The name of a limit. */
export type Limit = keyof typeof limits

/**
 * The units that `costMax` counts. Measured on lmdb and on a small machine, none takes much longer than a microsecond,
 * whatever it is spent on.
 */
export const costs = {
  /** A statement, an operator, a call, an iteration, an element of a list or map that is built or compared. */
  step: 1,
  /** Also `exists`, `version`, `revision`; and a `get` of the text that was not reached, which the result shows too. */
  get: 10,
  /** A `put` or `delete` of a key that nothing has touched yet, besides its step: the entry before has to be read. */
  untouched: 3,
  /** A scan, besides its step and what it meets: to find where it begins takes longer than to read a key. */
  scan: 15,
  /** An entry that a scan meets, tombstones too. */
  entry: 4,
  /** This many bytes built, written or compared cost 1. */
  bytesPerUnit: 256,
  /** This many bytes of a value read from the store cost 1; of a list or map, a quarter of them. */
  bytesReadPerUnit: 512,
} as const
