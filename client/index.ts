/** The client library of Decree. */
export { type ConnectOptions, connect } from './connect.ts'
export type { Database, Result } from './database.ts'
export { DecreeError, type ErrorCode, type Outcome, type Position } from './errors.ts'
export { type Parameters, type Program, program } from './program.ts'
export type { CallOptions } from './session.ts'
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
export { type Float, float, type Input, type Value } from './value.ts'
