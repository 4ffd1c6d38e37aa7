import type { CheckerName } from '../check/verdict.ts'

/** What found that something is wrong in a run. */
export type Checker = CheckerName | 'invariants' | 'final state' | 'assertion' | 'client' | 'liveness'

/** Something that must never be, or that must come to be and did not. */
export class Failure extends Error {
  readonly checker: Checker

  constructor(checker: Checker, message: string) {
    super(message)
    this.checker = checker
  }
}
