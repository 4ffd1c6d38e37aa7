import { limits } from '../limits.ts'
import type { Value } from '../value.ts'
import { type Call, define } from './call.ts'
import { characterCount } from './characters.ts'
import { Search } from './search.ts'
import { weights } from './weights.ts'

/** By Unicode's default rules, whatever the machine's locale; may change the length. */
const upper = define('upper(s)', 's in upper case', [1, 1], ([s = null], call) =>
  inCase(call.string(s, 's'), (text) => text.toUpperCase(), call),
)

const lower = define('lower(s)', 's in lower case', [1, 1], ([s = null], call) =>
  inCase(call.string(s, 's'), (text) => text.toLowerCase(), call),
)

/** White space is what JavaScript's `trim` takes for it: Unicode's, line ends, and U+FEFF. */
const trim = define('trim(s)', 's without white space at both ends', [1, 1], ([s = null], call) => {
  const text = call.string(s, 's')
  call.weigh(text.length)
  return text.trim()
})

const split = define(
  'split(s, sep)',
  'the list of the parts of s between occurrences of sep; of its characters if sep is empty',
  [2, 2],
  ([s = null, sep = null], call) => {
    const text = call.string(s, 's')
    const separator = call.string(sep, 'sep')
    return separator === '' ? charactersOf(text, call) : cut(text, separator, limits.elementsMax, call)
  },
)

const join = define(
  'join(list, sep)',
  'the strings of a list as one, sep between them',
  [2, 2],
  ([list = null, sep = null], call) => {
    const strings = call.list(list, 'list')
    const separator = call.string(sep, 'sep')
    return strings.length === 0 ? '' : joined(strings, separator, call)
  },
)

const starts = define('starts(s, a)', 'whether s starts with a', [2, 2], ([s = null, a = null], call) => {
  const [text, beginning] = [call.string(s, 's'), call.string(a, 'a')]
  call.weigh(beginning.length)
  return text.startsWith(beginning)
})

const ends = define('ends(s, a)', 'whether s ends with a', [2, 2], ([s = null, a = null], call) => {
  const [text, end] = [call.string(s, 's'), call.string(a, 'a')]
  call.weigh(end.length)
  return text.endsWith(end)
})

const replace = define(
  'replace(s, a, b)',
  's with b in the place of every a',
  [3, 3],
  ([s = null, a = null, b = null], call) => {
    const [text, old, replacement] = [call.string(s, 's'), call.string(a, 'a'), call.string(b, 'b')]
    if (old === '') throw call.invalid('a must not be empty')
    const parts = cut(text, old, Number.POSITIVE_INFINITY, call)
    if (parts.length === 1) return text
    call.weigh(text.length + old.length + replacement.length)
    const growth = Buffer.byteLength(replacement) - Buffer.byteLength(old)
    call.build(Buffer.byteLength(text) + (parts.length - 1) * growth)
    return parts.join(replacement)
  },
)

export const strings = [upper, lower, trim, split, join, starts, ends, replace]

/** One character becomes at most three, and what is no ASCII takes longer. */
function inCase(text: string, convert: (text: string) => string, call: Call): string {
  call.weigh(text.length)
  const isAscii = Buffer.byteLength(text) === text.length
  call.weigh(isAscii ? text.length : text.length * 6)
  const converted = convert(text)
  call.build(Buffer.byteLength(converted))
  return converted
}

function charactersOf(text: string, call: Call): readonly string[] {
  call.weigh(text.length)
  call.buildElements(characterCount(text), weights.piece)
  return Array.from(text)
}

/** The parts of a text between occurrences of a separator, which must not be empty. Throws beyond `partsMax` of them. */
function cut(text: string, separator: string, partsMax: number, call: Call): readonly string[] {
  call.weigh((text.length + separator.length) * weights.searched)
  const meter = call.meter()
  const search = Search.of(text, separator)
  const parts: string[] = []
  let start = 0
  for (;;) {
    meter.add(weights.piece)
    if (parts.length === partsMax) throw call.tooManyElements(partsMax + 1)
    const found = search.next(start)
    if (found === -1) break
    parts.push(text.slice(start, found))
    start = found + separator.length
  }
  parts.push(text.slice(start))
  return parts
}

/** Of at least one string. Nothing is joined before the size is known, and no more is measured than may be joined. */
function joined(strings: readonly Value[], separator: string, call: Call): string {
  const meter = call.meter()
  meter.add(separator.length)
  let bytes = Buffer.byteLength(separator) * (strings.length - 1)
  for (const element of strings) {
    if (typeof element !== 'string') throw call.wrongType('the elements', 'strings', element)
    meter.add(weights.visit + element.length)
    bytes += Buffer.byteLength(element)
    if (bytes > limits.valueBytesMax) break
  }
  call.build(bytes)
  return strings.join(separator)
}
