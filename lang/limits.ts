const KiB = 1024
const MiB = 1024 * KiB

/**
 * The bounds of the language. Sizes are in bytes: of UTF-8 for text, as encoded for values (see `valueBytes`).
 * An error about one of them has the code `limit_exceeded` and names the limit, its bound and what was asked for.
 */
export const limits = {
  /** A program's text. Parsing takes time in proportion, and data belongs into parameters. */
  programBytesMax: 64 * KiB,
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
  /**
   * Units of work of one execution, so that none holds the event loop beyond about 20 ms: 1 a step, 10 a get, 1 per
   * 256 bytes built, written or compared.
   */
  costMax: 20_000,
} as const

/** The name of a limit. */
export type Limit = keyof typeof limits

/** The units that `costMax` counts. */
export const costs = {
  step: 1,
  get: 10,
  /** This many bytes built, written or compared cost 1. */
  bytesPerUnit: 256,
} as const
