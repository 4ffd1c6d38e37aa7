import type { Choices } from './choices.ts'
import { randomFloat, randomInt, randomString } from './random-value.ts'
import { spellFloat, spellString } from './spelling.ts'

/** What differs between two programs of nearly one text. */
export type Change =
  | 'literal'
  | 'kind'
  | 'sign'
  | 'space'
  | 'comment'
  | 'joined'
  | 'split'
  | 'deleted'
  | 'doubled'
  | 'swapped'
  | 'replaced'

export const changes: readonly Change[] = [
  ...(['literal', 'kind', 'sign', 'space', 'comment', 'joined'] as const),
  ...(['split', 'deleted', 'doubled', 'swapped', 'replaced'] as const),
]

/** Tokens that mean something else beside others. */
const SIGNS: readonly string[] = [
  ...[
    '-',
    '!',
    '=',
    '==',
    '!=',
    '<',
    '<=',
    '+',
    '*',
    '/',
    '%',
    '&&',
    '&',
    '||',
    '|',
    '??',
    '?',
    '.',
    ',',
    ';',
    ':',
    '$',
  ],
  ...[
    '(',
    ')',
    '[',
    ']',
    '{',
    '}',
    'get',
    'put',
    'scan',
    'after',
    'limit',
    'in',
    'if',
    'else',
    'true',
    'null',
    'a',
    'e5',
  ],
  ...[
    '"',
    '\\',
    '//',
    '/*',
    '*/',
    '1',
    '0',
    '.5',
    '1.',
    '01',
    '1e',
    '1e5',
    '9223372036854775808',
    '1e999',
    "'",
    '`',
    '\u0001',
  ],
]

/** The tokens as a text, with one change somewhere. */
export function mutated(choices: Choices, tokens: readonly string[], change: Change): string {
  if (tokens.length === 0) return choices.pick(SIGNS)
  const isPlace = PLACES[change]
  const places = tokens.map((_, index) => index).filter((index) => isPlace(tokens[index] ?? ''))
  const at = choices.pick(places.length > 0 ? places : [0])
  const token = tokens[at] ?? ''
  const before = tokens.slice(0, at)
  const behind = tokens.slice(at + 1)
  const text = (...middle: string[]) => [...before, ...middle, ...behind].join(' ')
  switch (change) {
    case 'literal':
      return text(anotherValue(choices, token))
    case 'kind':
      return text(anyLiteral(choices))
    case 'sign':
      return text(choices.pick(['-', '!', '+', '- -']), token)
    case 'space':
      return [...before, token].join(' ') + choices.pick(['\n', '\t', '  ', '\r\n', '\f', '\u00a0']) + behind.join(' ')
    case 'comment':
      return text(token, choices.pick(['/**/', '//\n', '/* " */', '/*', '// x', '*/', '/*/*/']))
    case 'joined':
      return [...before, token].join(' ') + behind.join(' ')
    case 'split': {
      const half = 1 + choices.below(Math.max(1, token.length - 1))
      return text(token.slice(0, half), token.slice(half))
    }
    case 'deleted':
      return text()
    case 'doubled':
      return text(token, token)
    case 'swapped':
      return [...before, behind[0] ?? '', token, ...behind.slice(1)].join(' ')
    case 'replaced':
      return text(choices.pick(SIGNS))
  }
}

const isLiteral = (token: string) => /^["\d]/.test(token)
const anywhere = () => true

const PLACES: Readonly<Record<Change, (token: string) => boolean>> = {
  literal: isLiteral,
  kind: isLiteral,
  sign: isLiteral,
  space: anywhere,
  comment: anywhere,
  joined: anywhere,
  split: (token) => token.length > 1,
  deleted: anywhere,
  doubled: anywhere,
  swapped: anywhere,
  replaced: anywhere,
}

function anotherValue(choices: Choices, token: string): string {
  if (token.startsWith('"')) return spellString(randomString(choices), choices)
  return /[.eE]/.test(token) ? spellFloat(randomFloat(choices), choices) : `${randomInt(choices)}`
}

function anyLiteral(choices: Choices): string {
  return anotherValue(choices, choices.pick(['"', '1', '.']))
}
