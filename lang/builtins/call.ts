import type { Builtin, CallContext } from '../builtin.ts'
import { exceeded, Fault } from '../errors.ts'
import { limits } from '../limits.ts'
import type { Value } from '../value.ts'
import { equalValues, isList, isMap, spendBytes, typeName } from '../values.ts'
import { entriesWeight, Meter } from './weights.ts'

/** One call of a built-in function: what it may ask for, and the errors in the form that all of them share. */
export class Call {
  readonly context: CallContext
  readonly #signature: string
  readonly #at: number

  constructor(signature: string, context: CallContext, at: number) {
    this.#signature = signature
    this.context = context
    this.#at = at
  }

  /** Spends for work that weighs as much as that many bytes. */
  weigh(weight: number): void {
    spendBytes(weight, this.context.spend)
  }

  /** For work that weighs little at a time. */
  meter(): Meter {
    return new Meter(this.context.spend)
  }

  /** Before a string or bytes of this size are built: checks the size and spends for it. */
  build(bytes: number): void {
    if (bytes > limits.valueBytesMax) throw this.tooManyBytes(bytes)
    this.weigh(bytes)
  }

  /** Before a list of this size is built; `weight`: of each of its elements. */
  buildElements(count: number, weight: number): void {
    if (count > limits.elementsMax) throw this.tooManyElements(count)
    this.weigh(count * weight)
  }

  /** Before a map of this size is built from another. */
  buildEntries(count: number): void {
    if (count > limits.elementsMax) throw this.tooManyElements(count)
    this.weigh(entriesWeight(count))
  }

  equal(a: Value, b: Value): boolean {
    return equalValues(a, b, this.context.spend, this.#at)
  }

  string(value: Value, parameter: string): string {
    if (typeof value === 'string') return value
    throw this.wrongType(parameter, 'a string', value, '""')
  }

  int(value: Value, parameter: string): bigint {
    if (typeof value === 'bigint') return value
    throw this.wrongType(parameter, 'an int', value, '0')
  }

  number(value: Value, parameter: string): bigint | number {
    if (typeof value === 'bigint' || typeof value === 'number') return value
    throw this.wrongType(parameter, 'a number', value, '0')
  }

  list(value: Value, parameter: string): readonly Value[] {
    if (isList(value)) return value
    throw this.wrongType(parameter, 'a list', value, '[]')
  }

  map(value: Value, parameter: string): ReadonlyMap<string, Value> {
    if (isMap(value)) return value
    throw this.wrongType(parameter, 'a map', value, '{}')
  }

  /**
   * `expected`: with its article, such as `a string or list`; `instead`: what may stand in place of null, as it is
   * written.
   */
  wrongType(parameter: string, expected: string, value: Value, instead?: string): Fault {
    const advice = value === null && instead !== undefined ? `; write a ?? ${instead} where a may be absent` : ''
    return this.typeError(`${parameter} must be ${expected}, not ${typeName(value)}${advice}`)
  }

  typeError(sentence: string): Fault {
    return this.#fault('type_error', sentence)
  }

  invalid(sentence: string): Fault {
    return this.#fault('invalid_argument', sentence)
  }

  overflow(sentence: string): Fault {
    return this.#fault('overflow', sentence)
  }

  tooManyBytes(bytes: number): Fault {
    return exceeded('valueBytesMax', `${this.#signature}: a value of ${bytes} bytes`, bytes, this.#at)
  }

  tooManyElements(count: number): Fault {
    return exceeded('elementsMax', `${this.#signature}: a list or map of ${count} elements`, count, this.#at)
  }

  tooDeep(): Fault {
    const levels = limits.valueNestingMax + 1
    const what = `${this.#signature}: the nesting of the value, ${levels} levels or more,`
    return exceeded('valueNestingMax', what, levels, this.#at)
  }

  #fault(code: 'type_error' | 'invalid_argument' | 'overflow', sentence: string): Fault {
    return new Fault(code, `${this.#signature}: ${sentence}`, this.#at)
  }
}

/**
 * A built-in function. `signature` is what people read, `name(parameters)`; a parameter that may be missing ends in
 * `?`, and three dots stand for any number of further ones.
 */
export function define(
  signature: string,
  summary: string,
  arity: readonly [least: number, most: number],
  run: (args: readonly Value[], call: Call) => Value,
): Builtin {
  return {
    name: signature.slice(0, signature.indexOf('(')),
    signature,
    summary,
    arity,
    call: (args, context, at) => run(args, new Call(signature, context, at)),
  }
}
