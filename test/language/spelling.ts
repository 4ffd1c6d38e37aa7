import type { Choices } from './choices.ts'

/** Literals in one of the ways to write them; plainly without `style`, and then without line breaks. */
export function spellString(value: string, style: Choices | null): string {
  if (style === null) return JSON.stringify(value)
  return `"${[...value].map((character) => spellCharacter(character, style)).join('')}"`
}

export function spellInt(value: bigint): string {
  return `${value}`
}

export function spellFloat(value: number, style: Choices | null): string {
  const plain = /[.e]/.test(`${value}`) ? `${value}` : `${value}.0`
  if (style === null) return plain
  const [mantissa, exponent] = value.toExponential().split('e')
  const ways = [
    plain,
    `${mantissa}e${exponent}`,
    `${mantissa}E${exponent?.replace('+', '')}`,
    plain.replace(/^(\d+\.\d+)$/, '$100'),
  ]
  return style.pick(ways)
}

function spellCharacter(character: string, style: Choices): string {
  const mustEscape = character === '"' || character === '\\'
  if (!mustEscape && !style.chance(25)) return character
  const short = SHORT.get(character)
  if (short !== undefined && style.chance(50)) return short
  const units = Array.from({ length: character.length }, (_, at) =>
    character.charCodeAt(at).toString(16).padStart(4, '0'),
  )
  return units.map((unit) => `\\u${style.chance(50) ? unit.toUpperCase() : unit}`).join('')
}

const SHORT: ReadonlyMap<string, string> = new Map([
  ['"', '\\"'],
  ['\\', '\\\\'],
  ['/', '\\/'],
  ['\b', '\\b'],
  ['\f', '\\f'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
])

const SPACES: readonly string[] = [
  ' ',
  '\n',
  '\t',
  '  ',
  '\r\n',
  '/**/',
  '/* " */',
  '/*/ **/',
  '// "x" /*\n',
  '//\n',
  '/* 😀\u0001 */',
  '',
]

/** The tokens as a text, spaced in some style; plainly, one to a line, without `style`. */
export function render(tokens: readonly string[], style: Choices | null): string {
  if (style === null) return tokens.join('\n')
  const dense = style.chance(30)
  let text = dense ? '' : style.pick(SPACES)
  tokens.forEach((token, index) => {
    const before = tokens[index - 1]
    const space = index === 0 || dense ? '' : style.pick(SPACES)
    text += before !== undefined && needsSpace(before, space + token) ? ` ${space}${token}` : `${space}${token}`
  })
  return dense ? text : text + style.pick(SPACES)
}

/** Whether what follows would be read as a part of the token before. */
function needsSpace(before: string, next: string): boolean {
  if (/\w$/.test(before) && /^\w/.test(next)) return true
  if (/^\d/.test(before) && next.startsWith('.')) return true
  return before === '/' && next.startsWith('/')
}
