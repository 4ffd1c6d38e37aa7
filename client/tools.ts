import { LanguageError } from '../lang/errors.ts'
import type { Explanation } from '../lang/explain.ts'
import { DecreeError } from './errors.ts'
import type { Program } from './program.ts'

export type { Explanation, Measure } from '../lang/explain.ts'
export type { CostEstimate, CostReason } from '../lang/explain-cost.ts'
export type { KeySet, KeySets } from '../lang/explain-keys.ts'

// Making the parser takes a good part of a second. Only those who need it here wait for it: it is the servers' work.

/**
 * What can be known of a program without running it: its keys, its parameters, whether it can write, its cost. No server
 * is asked; one of another version may know more of the language. Rejects with `DecreeError` for what does not compile.
 */
export async function explain(program: string | Program): Promise<Explanation> {
  const text = textOf(program)
  const language = await import('../lang/explain.ts')
  return compiling(() => language.explain(text))
}

/**
 * The program as it is best read; comments stay, and so does what it does. Rejects with `DecreeError` for what is no program,
 * or would be too large for one when it is formatted.
 */
export async function format(program: string): Promise<string> {
  const text = textOf(program)
  const language = await import('../lang/format.ts')
  return compiling(() => language.format(text))
}

function textOf(program: string | Program): string {
  const text: unknown = typeof program === 'string' ? program : program?.text
  if (typeof text === 'string') return text
  throw new DecreeError('invalid_argument', 'a program must be text or a template')
}

function compiling<T>(act: () => T): T {
  try {
    return act()
  } catch (error) {
    if (!(error instanceof LanguageError)) throw error
    throw new DecreeError(error.code, error.message, { position: error.position, cause: error })
  }
}
