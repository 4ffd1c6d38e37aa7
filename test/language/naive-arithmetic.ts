import type { Value } from '../../lang/value.ts'
import { NaiveFault } from './naive-fault.ts'
import { float, int, isNumber, kindOf, type List } from './naive-values.ts'

export function add(a: Value, b: Value, at: number): Value {
  if (a === null) return b
  if (b === null) return a
  if (isNumber(a) && isNumber(b)) return arithmetic('+', a, b, at)
  const kind = kindOf(a)
  if (kind !== kindOf(b)) throw new NaiveFault('type_error', at)
  if (kind === 'string') return (a as string) + (b as string)
  if (kind === 'bytes') return Uint8Array.from([...(a as Uint8Array), ...(b as Uint8Array)])
  if (kind === 'list') return [...(a as List), ...(b as List)]
  throw new NaiveFault('type_error', at)
}

export function arithmetic(operator: '+' | '-' | '*' | '/' | '%', a: Value, b: Value, at: number): Value {
  if (!isNumber(a) || !isNumber(b)) throw new NaiveFault('type_error', at)
  const divides = operator === '/' || operator === '%'
  if (divides && (b === 0n || b === 0)) throw new NaiveFault('division_by_zero', at)
  if (typeof a === 'bigint' && typeof b === 'bigint') return int(INTS[operator](a, b), at)
  return float(FLOATS[operator](Number(a), Number(b)), at)
}

export function negate(value: Value, at: number): Value {
  if (typeof value === 'bigint') return int(-value, at)
  if (typeof value === 'number') return float(-value, at)
  throw new NaiveFault('type_error', at)
}

const INTS = {
  '+': (a: bigint, b: bigint) => a + b,
  '-': (a: bigint, b: bigint) => a - b,
  '*': (a: bigint, b: bigint) => a * b,
  '/': (a: bigint, b: bigint) => a / b,
  '%': (a: bigint, b: bigint) => a % b,
} as const

const FLOATS = {
  '+': (a: number, b: number) => a + b,
  '-': (a: number, b: number) => a - b,
  '*': (a: number, b: number) => a * b,
  '/': (a: number, b: number) => a / b,
  '%': (a: number, b: number) => a % b,
} as const
