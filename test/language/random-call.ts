import type { Expression } from '../../lang/ast.ts'
import type { Choices } from './choices.ts'
import type { Kind } from './naive-values.ts'

/** What a built-in function gives, and what it mostly takes; `null` stands for anything. */
type Signature = readonly [gives: Kind, name: string, ...takes: Kind[]]

export const SIGNATURES: readonly Signature[] = [
  ['int', 'len', 'string'],
  ['int', 'len', 'list'],
  ['int', 'len', 'map'],
  ['int', 'len', 'bytes'],
  ['int', 'int', 'float'],
  ['int', 'int', 'string'],
  ['int', 'floor', 'float'],
  ['int', 'ceil', 'float'],
  ['int', 'round', 'float'],
  ['int', 'round', 'int'],
  ['int', 'abs', 'int'],
  ['int', 'min', 'int', 'int'],
  ['int', 'max', 'int', 'int', 'int'],
  ['int', 'max', 'list'],
  ['int', 'sum', 'list'],
  ['int', 'now'],
  ['float', 'float', 'int'],
  ['float', 'float', 'string'],
  ['float', 'abs', 'float'],
  ['float', 'min', 'float', 'int'],
  ['float', 'max', 'float', 'float'],
  ['string', 'str', 'int'],
  ['string', 'str', 'float'],
  ['string', 'str', 'bool'],
  ['string', 'str', 'bytes'],
  ['string', 'str', 'string'],
  ['string', 'upper', 'string'],
  ['string', 'lower', 'string'],
  ['string', 'trim', 'string'],
  ['string', 'join', 'list', 'string'],
  ['string', 'slice', 'string', 'int'],
  ['string', 'slice', 'string', 'int', 'int'],
  ['string', 'replace', 'string', 'string', 'string'],
  ['string', 'text', 'null'],
  ['string', 'text', 'map'],
  ['string', 'min', 'string', 'string'],
  ['string', 'max', 'string', 'string'],
  ['string', 'uuid'],
  ['bytes', 'bytes', 'string'],
  ['bytes', 'slice', 'bytes', 'int', 'int'],
  ['bytes', 'min', 'bytes', 'bytes'],
  ['bool', 'contains', 'string', 'string'],
  ['bool', 'contains', 'list', 'null'],
  ['bool', 'contains', 'map', 'string'],
  ['bool', 'starts', 'string', 'string'],
  ['bool', 'ends', 'string', 'string'],
  ['list', 'split', 'string', 'string'],
  ['list', 'keys', 'map'],
  ['list', 'values', 'map'],
  ['list', 'append', 'list', 'null'],
  ['list', 'set', 'list', 'int', 'null'],
  ['list', 'sort', 'list'],
  ['list', 'slice', 'list', 'int', 'int'],
  ['list', 'slice', 'list', 'int'],
  ['map', 'set', 'map', 'string', 'null'],
  ['map', 'unset', 'map', 'string'],
  ['map', 'json', 'string'],
  ['null', 'json', 'string'],
  ['null', 'json', 'string'],
]

const BY_KIND: ReadonlyMap<Kind, readonly Signature[]> = new Map(
  SIGNATURES.map(([kind]) => [kind, SIGNATURES.filter(([gives]) => gives === kind)]),
)

/** What makes arguments. */
export interface Arguments {
  expression(kind: Kind): Expression
  literal(value: string): Expression
}

/** A call that mostly gives the kind; now and then of an unknown function, or with an argument too many or few. */
export function callOf(choices: Choices, kind: Kind, make: Arguments): Expression {
  const [, name, ...takes] = choices.pick(BY_KIND.get(kind) ?? SIGNATURES)
  const args = takes.map((each) => argument(choices, name, each, make))
  if (!choices.chance(1)) return { type: 'call', name, args, at: 0 }
  const fault = choices.below(3)
  if (fault === 0) return { type: 'call', name: choices.pick(['length', '__proto__', 'toString']), args, at: 0 }
  return { type: 'call', name, args: fault === 1 ? args.slice(1) : [...args, make.expression('int')], at: 0 }
}

function argument(choices: Choices, name: string, kind: Kind, make: Arguments): Expression {
  const elements = kind === 'list' ? ELEMENTS.get(name) : undefined
  const texts = kind === 'string' ? TEXTS.get(name) : undefined
  if (choices.chance(10) || (elements === undefined && texts === undefined)) return make.expression(kind)
  if (texts !== undefined) return make.literal(choices.pick(texts))
  const element = choices.pick(elements ?? [kind])
  return { type: 'list', items: choices.list(4, () => make.expression(element)), at: 0 }
}

/** Functions of lists whose elements have to be of one kind. */
const ELEMENTS: ReadonlyMap<string, readonly Kind[]> = new Map([
  ['sort', ['string', 'int', 'float', 'bytes']],
  ['max', ['string', 'int', 'float', 'bytes']],
  ['sum', ['int', 'float']],
  ['join', ['string']],
])

const DECIMALS: readonly string[] = ['12', '-7', '0', '1.5', '-2.75', '1e3', '9007199254740993', '-9223372036854775808']

/** Functions that read texts, with some that they can read. */
const TEXTS: ReadonlyMap<string, readonly string[]> = new Map([
  ['int', DECIMALS],
  ['float', [...DECIMALS, '9223372036854775808', '1e22', '5e-324']],
  [
    'json',
    [
      ...['{"a":1,"__proto__":null}', '{}', ' [1, "a", {"b": 2.0}]\n', '{"\\ud83d\\ude00":[]}', '{"b":1,"a":2,"b":3}'],
      ...['{"$bytes":"/wA="}', '{"$bytes":"/wA=","a":1}', '-0', '-0.0', '9223372036854775807', '1E2', '"a\\u0000\\/"'],
    ],
  ],
])
