import { judgeAppends } from './append/append.ts'
import { listsOf } from './append/lists.ts'
import { judgeEnd } from './end.ts'
import type { MicroOperation } from './event.ts'
import type { History, Operation } from './history.ts'
import { judgeRegisters } from './register/register.ts'
import { judgeReplay, type ReplayOptions } from './replay/replay.ts'
import { type CheckerName, together, type Verdict } from './verdict.ts'

export interface JudgeOptions extends ReplayOptions {
  /** Default: all that the history gives something to do. */
  readonly checkers?: readonly CheckerName[]
  /** How much the search for each register's order may do; default: `STEPS_MAX`. */
  readonly stepsMax?: number
}

/**
 * What the checkers say of a history. Which ones are asked depends on what is in it: on keys that hold lists and on
 * those that hold registers, on programs and revisions, on an end. A history that gives none of them anything to do is
 * not valid, but `unknown`. Synchronous, and a function of the history alone.
 */
export function judge({ operations, end }: History, options: JudgeOptions = {}): Verdict {
  const asked = options.checkers ?? ALL
  const complete = end === null ? operations : [...operations, ...finalReads(operations, end.reads ?? {})]
  const lists = new Set(listsOf(complete).map(({ key }) => key))
  const has = (test: (operation: Operation) => boolean): boolean => operations.some(test)
  const verdicts: Verdict[] = []
  if (asked.includes('append') && lists.size > 0) verdicts.push(judgeAppends(complete))
  if (asked.includes('register') && has(({ ops }) => ops.some(([, key]) => !lists.has(key)))) {
    verdicts.push(judgeRegisters(complete, lists, options.stepsMax))
  }
  if (asked.includes('replay') && has(({ program, answer }) => program !== null || answer.revision !== undefined)) {
    verdicts.push(judgeReplay(operations, options))
  }
  if (asked.includes('end') && end !== null) verdicts.push(judgeEnd(operations, end))
  if (verdicts.length === 0) verdicts.push(NOTHING_TO_JUDGE)
  const { valid, findings, counted } = together(verdicts)
  return { valid, findings, counted: { ...countOutcomes(operations), ...counted } }
}

/** What was read at the end, as an operation that comes after all others. */
function finalReads(
  operations: readonly Operation[],
  reads: NonNullable<NonNullable<History['end']>['reads']>,
): readonly Operation[] {
  const ops = Object.entries(reads).map(([key, value]): MicroOperation => ['r', key, value])
  if (ops.length === 0) return []
  let last = 0
  for (const { invoked, completed } of operations) {
    last = Math.max(last, invoked, completed === Number.POSITIVE_INFINITY ? 0 : completed)
  }
  return [
    {
      index: operations.length,
      line: last + 1,
      process: 'end',
      workload: null,
      invoked: last + 1,
      completed: last + 2,
      outcome: 'committed',
      ops,
      sees: true,
      program: null,
      answer: { reads: undefined, value: undefined, revision: undefined },
    },
  ]
}

function countOutcomes(operations: readonly Operation[]): Readonly<Record<string, number>> {
  const counted = { operations: operations.length, committed: 0, aborted: 0, refused: 0, unknown: 0 }
  for (const { outcome } of operations) counted[outcome] += 1
  return counted
}

const ALL: readonly CheckerName[] = ['append', 'register', 'replay', 'end']

const NOTHING_TO_JUDGE: Verdict = {
  valid: 'unknown',
  findings: [
    {
      checker: 'end',
      anomaly: 'undecided',
      message: 'the history has nothing that these checkers could judge',
      lines: [],
    },
  ],
  counted: {},
}
