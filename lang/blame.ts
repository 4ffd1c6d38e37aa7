import { Fault, type LanguageError, TextFault, toLanguageError } from './errors.ts'
import { scan } from './scan.ts'

/** Does what may throw Faults about a text, and gives them the form that users see: throws LanguageErrors. */
export function blaming<T>(text: string, withExcerpt: boolean, act: () => T): T {
  try {
    return act()
  } catch (error) {
    if (error instanceof Fault) throw languageError(error, text, withExcerpt)
    throw error
  }
}

/** The error that users see; `withExcerpt`: with the line of the text and a caret. */
export function languageError(fault: Fault, text: string, withExcerpt: boolean): LanguageError {
  return toLanguageError(fault, text, offsetOf(fault, text), withExcerpt)
}

/** Where its place in the text is, in UTF-16 units: nodes know the numbers of tokens only, so that the text is read again. */
function offsetOf(fault: Fault, text: string): number | undefined {
  if (fault instanceof TextFault) return fault.offset
  if (fault.at === undefined) return undefined
  const { at } = fault
  let offset = text.length
  let count = 0
  scan(text, {
    token: (start) => {
      if (count++ === at) offset = start
    },
  })
  return offset
}
