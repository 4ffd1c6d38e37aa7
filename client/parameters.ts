import { shown } from '../lang/shown.ts'
import { DecreeError } from './errors.ts'
import { parseValue } from './json.ts'
import type { Parameters } from './program.ts'
import { UsageError } from './usage.ts'
import { encodeValue, type Input } from './value.ts'

/** Parameters from `name=value` texts: JSON if it parses, else a string; `'"1"'` forces one. Throws `UsageError`. */
export function parseParameters(texts: readonly string[]): Parameters {
  const pairs = texts.map((text): [string, Input] => {
    const match = /^\$?([A-Za-z_][A-Za-z0-9_]*)=(.*)$/s.exec(text)
    if (match?.[1] === undefined) throw new UsageError(`--param takes name=value, not ${JSON.stringify(shown(text))}.`)
    return [match[1], inputOf(match[1], match[2] ?? '')]
  })
  const names = new Set(pairs.map(([name]) => name))
  if (names.size < pairs.length) throw new UsageError('--param gives the same name twice.')
  return Object.fromEntries(pairs)
}

function inputOf(name: string, text: string): Input {
  try {
    const value = parseValue(text)
    encodeValue(value, `$${name}`)
    return value
  } catch (error) {
    if (error instanceof SyntaxError) return text
    if (error instanceof DecreeError) throw new UsageError(`--param ${shown(name)}: ${error.message}.`)
    throw error
  }
}
