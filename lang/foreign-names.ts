import { builtins } from './builtins/index.ts'
import { nearestName, suggestion } from './suggestion.ts'

/** The end of a sentence about a function that there is not: what to write instead, or nothing. */
export function adviceOnFunction(name: string): string {
  const advice = FUNCTIONS.get(name.toLowerCase())
  if (advice !== undefined) return write(advice)
  const near = suggestion(name, builtins.keys())
  if (near !== '') return near
  const foreign = nearestName(name.toLowerCase(), LONG_FUNCTIONS)
  return foreign === undefined ? '' : write(FUNCTIONS.get(foreign) ?? foreign)
}

/** The end of a sentence about a variable of that name that is assigned nowhere: the constant that was meant, or nothing. */
export function adviceOnConstant(name: string): string {
  const constant = CONSTANTS.get(name.toLowerCase())
  return constant === undefined ? '' : write(constant)
}

function write(what: string): string {
  return `; write ${builtins.get(what)?.signature ?? what}`
}

/** What other languages call what there is here: a built-in function, by its name, or how else it is written. */
const FUNCTIONS: ReadonlyMap<string, string> = new Map([
  ...all('len', ['length', 'size', 'count', 'strlen', 'sizeof']),
  ...all('slice', ['substr', 'substring', 'mid']),
  ...all('str', ['string', 'tostring', 'to_string']),
  ...all('int', ['integer', 'number', 'parseint', 'tonumber', 'trunc']),
  ...all('float', ['double', 'parsefloat']),
  ...all('a + b', ['concat', 'extend']),
  ...all('append', ['push', 'add']),
  ...all('contains', ['has', 'includes', 'indexof', 'haskey']),
  ...all('starts', ['startswith', 'starts_with', 'hasprefix']),
  ...all('ends', ['endswith', 'ends_with', 'hassuffix']),
  ...all('upper', ['toupper', 'touppercase', 'ucase']),
  ...all('lower', ['tolower', 'tolowercase', 'lcase']),
  ...all('trim', ['strip']),
  ...all('replace', ['replaceall']),
  ...all('sort', ['sorted']),
  ...all('unset', ['del', 'remove']),
  ...all('json', ['parsejson', 'json_decode']),
  ...all('text', ['stringify', 'tojson', 'json_encode']),
  ...all('uuid', ['random', 'rand', 'newid']),
  ...all('now', ['time', 'date', 'timestamp']),
  ...all('a ?? b', ['coalesce', 'ifnull']),
])

/** Those that a mistyped name can be said to be near. */
const LONG_FUNCTIONS: readonly string[] = [...FUNCTIONS.keys()].filter((name) => name.length >= 6)

const CONSTANTS: ReadonlyMap<string, string> = new Map([
  ...all('null', ['null', 'undefined', 'none', 'nil']),
  ...all('true', ['true']),
  ...all('false', ['false']),
])

function all(meant: string, names: readonly string[]): readonly (readonly [string, string])[] {
  return names.map((name) => [name, meant])
}
