/** The client library of Decree. */
export type { CallOptions } from './call.ts'
export type { Change } from './change.ts'
export { type ConnectOptions, connect } from './connect.ts'
export type { Database } from './database.ts'
export { DecreeError, type ErrorCode, type Outcome, type Position } from './errors.ts'
export { type Parameters, type Program, program } from './program.ts'
export type { Ended, Result } from './result.ts'
export type { ScanEntry, ScanOptions, ScanRange } from './scan.ts'
export {
  type CostEstimate,
  type CostReason,
  type Explanation,
  explain,
  format,
  type KeySet,
  type KeySets,
  type Measure,
} from './tools.ts'
export type { Transaction } from './transaction.ts'
export { type Float, float, type Input, type Value } from './value.ts'
