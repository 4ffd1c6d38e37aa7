import type { LanguageErrorCode } from '../../lang/errors.ts'

/** What the naive interpreter throws: a program's error, without words. */
export class NaiveFault extends Error {
  readonly code: LanguageErrorCode
  /** The token to blame; null: no place in the text. */
  readonly at: number | null

  constructor(code: LanguageErrorCode, at: number | null) {
    super(`${code} at ${at}`)
    this.code = code
    this.at = at
  }
}
