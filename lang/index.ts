/** The transaction language: text to program, program and view to result. Knows nobody. */
export { ProgramCache } from './cache.ts'
export { LanguageError, type LanguageErrorCode, type LimitDetails } from './errors.ts'
export { type Limit, limits } from './limits.ts'
export { compile, type Program, type ProgramView, type RunResult } from './program.ts'
export type { Position } from './source.ts'
export type { Value } from './value.ts'
export { compareKeys, equalValues, valueBytes } from './values.ts'
export { reservedWords } from './words.ts'
