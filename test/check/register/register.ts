import { Findings } from '../findings.ts'
import type { Operation } from '../history.ts'
import { show } from '../json.ts'
import { type Verdict, verdictOf } from '../verdict.ts'
import { linearize } from './search.ts'
import { ABSENT, type Access, type Register, registersOf, type State } from './steps.ts'

/** How much a register's search may do: about a second of work. */
export const STEPS_MAX = 300_000

/**
 * Whether what was done to each register, looked at alone, can have happened one after the other, in an order that
 * agrees with real time. Registers are the keys of `ops` that are not in `lists`; an operation that uses one several
 * times does so all at once. What takes more than `stepsMax` steps to find out remains undecided.
 */
export function judgeRegisters(
  operations: readonly Operation[],
  lists: ReadonlySet<string>,
  stepsMax: number = STEPS_MAX,
): Verdict {
  const findings = new Findings()
  const registers = registersOf(operations, lists)
  for (const register of registers) {
    if (hasImpossibleReads(register, findings)) continue
    judge(register, stepsMax, findings)
  }
  return verdictOf(findings.shown, {
    registers: registers.length,
    'register accesses': registers.reduce((sum, { accesses }) => sum + accesses.length, 0),
    ...findings.hidden,
  })
}

/** Values that come from nowhere say more than that no order was found. */
function hasImpossibleReads({ key, accesses, values, refused }: Register, findings: Findings): boolean {
  const written = new Set<State>([ABSENT])
  for (const { steps } of accesses) {
    for (const step of steps) {
      if (step.type === 'write') written.add(step.value)
      else if (step.type === 'swap' && step.took !== false) written.add(step.to)
    }
  }
  let isAny = false
  for (const { operation, steps } of accesses) {
    for (const step of steps) {
      const seen = step.type === 'read' ? step.value : step.type === 'swap' && step.took === true ? step.from : ABSENT
      if (written.has(seen)) continue
      isAny = true
      const what = `line ${operation.line} found ${show(values[seen] ?? null)} in ${show(key)}`
      const source = refused.get(seen)
      findings.add(
        source === undefined
          ? {
              checker: 'register',
              anomaly: 'garbage-read',
              message: `${what}, which nobody has written`,
              lines: [operation.line],
            }
          : {
              checker: 'register',
              anomaly: 'G1a',
              message: `${what}, which only line ${source.line} would have written, without effect`,
              lines: [operation.line, source.line],
            },
      )
    }
  }
  return isAny
}

function judge({ key, accesses, values }: Register, stepsMax: number, findings: Findings): void {
  const answer = linearize(accesses, stepsMax)
  switch (answer.type) {
    case 'linearizable':
      return
    case 'impossible': {
      const { stuck, state } = answer
      const message =
        `no order explains what was done to ${show(key)}: the longest one that was found ends where line ` +
        `${stuck.operation.line} ${describe(stuck, values)} while it holds ${show(values[state] ?? null)}`
      findings.add({ checker: 'register', anomaly: 'not-linearizable', message, lines: [stuck.operation.line] })
      return
    }
    case 'exhausted': {
      const message = `whether an order explains what was done to ${show(key)} was not found out in ${stepsMax} steps`
      findings.add({ checker: 'register', anomaly: 'undecided', message, lines: [] })
      return
    }
    default:
      answer satisfies never
  }
}

function describe({ steps }: Access, values: Register['values']): string {
  const shown = (value: State): string => show(values[value] ?? null)
  const parts = steps.map((step) => {
    switch (step.type) {
      case 'read':
        return `reads ${shown(step.value)}`
      case 'write':
        return `writes ${shown(step.value)}`
      case 'swap':
        return step.took === false
          ? `does not find ${shown(step.from)}`
          : `changes ${shown(step.from)} to ${shown(step.to)}`
      default:
        return step satisfies never
    }
  })
  return parts.join(' and ')
}
