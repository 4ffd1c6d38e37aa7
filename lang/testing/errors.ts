import { LanguageError } from '../index.ts'

/** The language's error that `act` throws. Anything else that is thrown, or nothing, fails the test. */
export function errorOf(act: () => unknown): LanguageError {
  try {
    act()
  } catch (error) {
    if (error instanceof LanguageError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}
