import type { Expression, ProgramNode } from '../../lang/ast.ts'
import type { Value } from '../../lang/value.ts'
import { type Choices, chosen } from './choices.ts'
import { naiveBuiltins } from './naive-builtins.ts'
import type { Kind } from './naive-values.ts'
import { layOut } from './print.ts'
import { SIGNATURES } from './random-call.ts'
import type { RandomCase } from './random-tree.ts'
import { randomValue } from './random-value.ts'
import { render } from './spelling.ts'

const KINDS: readonly Kind[] = ['null', 'bool', 'int', 'float', 'string', 'bytes', 'list', 'map']

/** One operation, on values that are parameters: many more values than programs make themselves. */
export function randomOperation(choices: Choices): RandomCase {
  const parameters = new Map<string, Value>()
  const parameter = (kind: Kind): Expression => {
    const name = `p${parameters.size}`
    parameters.set(name, randomValue(choices, kind === 'null' || choices.chance(3) ? choices.pick(KINDS) : kind, 3))
    return { type: 'parameter', name, at: 0 }
  }
  const value = choices.chance(60) ? call(choices, parameter) : operator(choices, parameter)
  const program: ProgramNode = { type: 'program', body: [{ type: 'return', value, at: 0 }], at: 0 }
  const laidOut = layOut(program, [], null)
  const state = { revision: 0, entries: new Map() }
  return { ...laidOut, text: render(laidOut.tokens, null), state, parameters, nowMs: 0 }
}

export const randomOperations = chosen(randomOperation)

/** Of the kinds that it takes, or, one time in four, of any, as many as it takes. */
function call(choices: Choices, parameter: (kind: Kind) => Expression): Expression {
  const [, name, ...takes] = choices.pick(SIGNATURES)
  if (!choices.chance(25)) return { type: 'call', name, args: takes.map(parameter), at: 0 }
  const { least, most } = naiveBuiltins.get(name) ?? { least: 0, most: 0 }
  const count = least + choices.below(Math.min(most, least + 2) - least + 1)
  return { type: 'call', name, args: Array.from({ length: count }, () => parameter('null')), at: 0 }
}

function operator(choices: Choices, parameter: (kind: Kind) => Expression): Expression {
  const kind = choices.pick(KINDS)
  const other =
    (kind === 'int' || kind === 'float') && choices.chance(40) ? choices.pick(['int', 'float'] as const) : kind
  if (choices.chance(15)) {
    const target = parameter(choices.pick(['list', 'map'] as const))
    const step = { type: 'index', index: parameter(choices.pick(['int', 'string'] as const)), at: 0 } as const
    return { type: 'path', target, steps: [step], at: 0 }
  }
  const [left, right] = [parameter(kind), parameter(other)]
  switch (choices.below(5)) {
    case 0:
      return { type: 'comparison', operator: choices.pick(['==', '!=']), left, right, at: 0 }
    case 1:
      return { type: 'comparison', operator: choices.pick(['<', '<=', '>', '>=']), left, right, at: 0 }
    case 2: {
      const sign = choices.pick(['+', '+', '-'] as const)
      return { type: 'sum', first: left, terms: [{ operator: sign, operand: right, at: 0 }], at: 0 }
    }
    case 3: {
      const sign = choices.pick(['*', '/', '%'] as const)
      return { type: 'product', first: left, terms: [{ operator: sign, operand: right, at: 0 }], at: 0 }
    }
    default:
      return { type: 'logic', operator: choices.pick(['??', '&&', '||']), operands: [left, right], at: 0 }
  }
}
