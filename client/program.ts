import { shown } from '../lang/shown.ts'
import type { Program as WireProgram } from '../proto/gen/decree/v1/store.ts'
import { checkObject } from './arguments.ts'
import { DecreeError } from './errors.ts'
import { checkText, encodeValue, type Input } from './value.ts'

/** Values beside a program's text, by the names that follow `$` in it. */
export type Parameters = { readonly [name: string]: Input }

/** A program's text with the values of its parameters. */
export interface Program {
  readonly text: string
  readonly parameters: Parameters
}

/**
 * Makes a program of a template: each `${value}` becomes a parameter (`$p0`, `$p1`, …), so that values are never
 * spliced into the text. Programs that differ only in values are the same text to the server, which compiles it once.
 */
export function program(strings: TemplateStringsArray, ...values: readonly Input[]): Program {
  let text = strings[0] ?? ''
  const parameters: [string, Input][] = []
  values.forEach((value, index) => {
    const following = strings[index + 1] ?? ''
    // A letter or digit right behind the value would become part of the parameter's name.
    text += /^\w/.test(following) ? `$p${index} ${following}` : `$p${index}${following}`
    parameters.push([`p${index}`, value])
  })
  return { text, parameters: Object.fromEntries(parameters) }
}

/** The program as it travels. Throws `invalid_argument` for text, names and values that cannot. */
export function encodeProgram(text: string, parameters: Parameters = {}): WireProgram {
  if (typeof text !== 'string') throw new DecreeError('invalid_argument', 'a program must be a string')
  checkObject(parameters, 'the parameters')
  return {
    text: checkText(text, 'the program'),
    parameters: Object.entries(parameters).map(([name, value]) => {
      if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
        throw new DecreeError(
          'invalid_argument',
          `${JSON.stringify(shown(name))} is no parameter name: use letters, digits and _`,
        )
      }
      return { name, value: encodeValue(value, `$${name}`) }
    }),
  }
}

/** False only if the program certainly writes nothing: its text has neither `put` nor `delete` anywhere. */
export function mayWrite(text: string): boolean {
  return /put|delete/.test(text)
}
