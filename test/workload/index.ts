import { appendWorkload } from './append.ts'
import { counterWorkload } from './counter.ts'
import { bankWorkload, skewWorkload } from './invariants.ts'
import { logicWorkload } from './logic.ts'
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
]
