import type { ViewEntry } from '../../lang/run.ts'
import type { Value } from '../../lang/value.ts'
import type { Choices } from './choices.ts'
import type { State } from './naive-store.ts'
import { type Kind, mapOf } from './naive-values.ts'

/** What is hard to keep apart, to order or to cut: names of objects' own things, letters that are two, the far planes. */
export const hostileStrings: readonly string[] = [
  ...[
    '',
    'a',
    'ab',
    'b',
    '__proto__',
    'constructor',
    'toString',
    'é',
    'e\u0301',
    '\ufffd',
    '\uffff',
    '😀',
    '😀\u{10ffff}',
  ],
  ...[
    'a😀',
    'a\ufffd',
    ' a\t',
    '\ufeff\u00a0x',
    'ß',
    'İ',
    '\u0000',
    '"',
    '\\',
    '\n',
    '\r\n',
    '\u2028',
    '//',
    '/*',
    '$a',
  ],
  ...[
    '12',
    '-7',
    '1.5',
    '1e3',
    '9223372036854775808',
    '1e400',
    'null',
    '[1,"a",{"b":2.0}]',
    '{"a":1,"__proto__":null}',
  ],
  ...['{"$bytes":"/wA="}', '{"a":', '"\\ud800"', '01', 'a,b,a', 'aaa', 'true'],
]

/** Few keys, so that programs meet their own writes. Each has a kind of value that it mostly holds. */
export const keyKinds: readonly (readonly [string, Kind])[] = [
  ['n', 'int'],
  ['s', 'string'],
  ['l', 'list'],
  ['m', 'map'],
  ['f', 'float'],
  ['y', 'bytes'],
  ['t', 'bool'],
  ['a', 'string'],
  ['ab', 'int'],
  ['a\ufffd', 'string'],
  ['a😀', 'int'],
  ['é', 'string'],
  ['e\u0301', 'string'],
  ['__proto__', 'map'],
  ['constructor', 'list'],
  ['toString', 'string'],
  ['s/1', 'int'],
  ['s/2', 'int'],
]

export const keys: readonly string[] = keyKinds.map(([key]) => key)

const INTS: readonly bigint[] = [
  0n,
  1n,
  2n,
  3n,
  5n,
  10n,
  63n,
  100n,
  2n ** 31n,
  2n ** 53n,
  2n ** 53n + 1n,
  2n ** 63n - 1n,
]
const FLOATS: readonly number[] = [
  0,
  1,
  0.5,
  1.5,
  2.5,
  1e3,
  0.1,
  0.49999999999999994,
  2 ** 53,
  2 ** 63,
  1e21,
  1e300,
  5e-324,
]

export function randomInt(choices: Choices): bigint {
  return choices.chance(20) ? choices.pick(INTS) : BigInt(choices.below(4))
}

export function randomFloat(choices: Choices): number {
  return choices.chance(70) ? choices.pick(FLOATS) : choices.below(1_000) / 8
}

export function randomString(choices: Choices): string {
  if (choices.chance(50)) return choices.pick(hostileStrings)
  return choices.list(3, () => choices.pick(['a', 'b', '/', 'B', ' ', '😀', '\u0301', '1'])).join('')
}

/** Of the kind, negative numbers too. */
export function randomValue(choices: Choices, kind: Kind, depth: number): Value {
  switch (kind) {
    case 'null':
      return null
    case 'bool':
      return choices.chance(50)
    case 'int': {
      const value = randomInt(choices)
      return choices.chance(25) ? (value === 2n ** 63n - 1n ? -value - 1n : -value) : value
    }
    case 'float':
      return choices.chance(25) ? 0 - randomFloat(choices) : randomFloat(choices)
    case 'string':
      return randomString(choices)
    case 'bytes':
      return Uint8Array.from(choices.list(4, () => choices.pick([0, 97, 98, 127, 128, 195, 169, 255])))
    case 'list':
      return choices.list(4, () => randomValue(choices, anyKind(choices, depth), depth - 1))
    case 'map':
      return mapOf(
        choices.list(
          3,
          () => [randomString(choices), randomValue(choices, anyKind(choices, depth), depth - 1)] as const,
        ),
      )
  }
}

function anyKind(choices: Choices, depth: number): Kind {
  const kinds = ['int', 'string', 'null', 'bool', 'float', 'bytes', 'list', 'map'] as const
  return kinds[choices.below(depth > 0 ? 8 : 6)] ?? 'int'
}

export function randomState(choices: Choices): State {
  const revision = 3 + choices.below(5)
  const entries = new Map<string, ViewEntry>()
  for (const [key, kind] of keyKinds) {
    if (!choices.chance(60)) continue
    const isDeleted = choices.chance(15)
    const value = isDeleted ? null : randomValue(choices, choices.chance(85) ? kind : anyKind(choices, 1), 2)
    const version = value === null ? 0 : choices.below(4)
    entries.set(key, { value, version, revision: 1 + choices.below(revision) })
  }
  return { revision, entries }
}
