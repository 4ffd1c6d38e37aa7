import { type Limit, limits } from './limits.ts'
import { excerptAt, type Position, positionAt } from './source.ts'

/** The closed set of what can be wrong with a program or its execution. */
export type LanguageErrorCode =
  | 'syntax_error'
  | 'unknown_name'
  | 'type_error'
  | 'overflow'
  | 'division_by_zero'
  | 'limit_exceeded'
  | 'invalid_key'
  | 'invalid_argument'
  | 'missing_parameter'
  | 'unknown_parameter'

/** Which limit was exceeded, its bound, and what was asked for, both in the limit's unit. */
export interface LimitDetails {
  readonly name: Limit
  readonly bound: number
  readonly asked: number
}

/**
 * What a program did wrong, for people. The first line of `message` is one sentence, which ends in its place where it
 * has one; errors of compiling go on with the line of the program and a line with a caret. Nothing was written.
 */
export class LanguageError extends Error {
  override readonly name = 'LanguageError'
  readonly code: LanguageErrorCode
  /** Line and column from 1, the column in code points. */
  readonly position?: Position
  /** With the code `limit_exceeded` only. */
  readonly limit?: LimitDetails

  constructor(
    code: LanguageErrorCode,
    message: string,
    details: { readonly position?: Position; readonly limit?: LimitDetails } = {},
  ) {
    super(message)
    this.code = code
    if (details.position !== undefined) this.position = details.position
    if (details.limit !== undefined) this.limit = details.limit
  }
}

/**
 * An error on its way out: it knows the number of a token, and not the text. Only `compile` and `run` meet it, and give
 * it the form that users see.
 */
export class Fault extends Error {
  readonly code: LanguageErrorCode
  /** The number of a token of the program's text; undefined where no place in it is to blame. */
  readonly at: number | undefined
  readonly limit: LimitDetails | undefined

  constructor(code: LanguageErrorCode, sentence: string, at: number | undefined, limit?: LimitDetails) {
    super(sentence)
    this.code = code
    this.at = at
    this.limit = limit
  }
}

/** What is wrong with a text before it is tokens. */
export class TextFault extends Fault {
  /** In UTF-16 units; undefined where no place is to blame. */
  readonly offset: number | undefined

  constructor(
    fault: Pick<Fault, 'code' | 'message'> & { readonly limit?: LimitDetails | undefined },
    offset: number | undefined,
  ) {
    super(fault.code, fault.message, undefined, fault.limit)
    this.offset = offset
  }
}

/**
 * `what` is the thing that is too much, such as `a value of 2000000 bytes`; `asked` is its size in the limit's unit;
 * `bound` is the language's unless another was configured; `advice` ends the sentence.
 */
export function exceeded(
  name: Limit,
  what: string,
  asked: number,
  at: number | undefined,
  { bound = limits[name], advice = '' }: { readonly bound?: number; readonly advice?: string } = {},
): Fault {
  return new Fault('limit_exceeded', `${what} exceeds ${name}, which is ${bound}${advice}`, at, { name, bound, asked })
}

/** The error that users see; `offset`: its place, in UTF-16 units; `withExcerpt`: followed by the line and a caret. */
export function toLanguageError(
  { code, message, limit }: Fault,
  text: string,
  offset: number | undefined,
  withExcerpt: boolean,
): LanguageError {
  const limited = limit === undefined ? {} : { limit }
  if (offset === undefined) return new LanguageError(code, message, limited)
  const position = positionAt(text, offset)
  const sentence = `${message} (line ${position.line}, column ${position.column})`
  const excerpt = withExcerpt ? `\n${excerptAt(text, offset)}` : ''
  return new LanguageError(code, sentence + excerpt, { position, ...limited })
}
