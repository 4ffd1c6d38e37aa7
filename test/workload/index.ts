import { appendWorkload } from './append.ts'
import { clockWorkload } from './clock.ts'
import { counterWorkload } from './counter.ts'
import { bankWorkload, skewWorkload } from './invariants.ts'
import { largeWorkload } from './large.ts'
import { logicWorkload } from './logic.ts'
import { membersWorkload } from './members.ts'
import { randomWorkload } from './random-programs.ts'
import { registerWorkload } from './register.ts'
import type { Workload } from './workload.ts'

export type { Call, Count, Seen, Simple, Workload } from './workload.ts'

/** Each makes a new workload, which serves one run. */
export const WORKLOADS: readonly (() => Workload)[] = [
  appendWorkload,
  registerWorkload,
  bankWorkload,
  counterWorkload,
  skewWorkload,
  logicWorkload,
  randomWorkload,
  membersWorkload,
  clockWorkload,
  largeWorkload,
]
