import type { KeyOptions } from '../keys.ts'
import type { DriverName } from './drivers.ts'
import type { Place, Task, Testimony } from './load.ts'

/** What a load process is told to do. */
export type Command =
  | { readonly type: 'open'; readonly setup: Setup }
  | { readonly type: 'fill'; readonly to: number; readonly msMax: number }
  | { readonly type: 'start'; readonly task: Task }
  | { readonly type: 'look' }
  | { readonly type: 'stop' }
  | { readonly type: 'readBack'; readonly from: number; readonly to: number }
  | { readonly type: 'close' }

export interface Setup {
  readonly driver: DriverName
  readonly addresses: readonly string[]
  readonly keys: KeyOptions
  readonly callersMax: number
  /** After which a call gives up, milliseconds; null: when the system's own client does. */
  readonly timeoutMs: number | null
  readonly place: Place
}

/** What each command is answered with. */
export interface Answers {
  readonly open: null
  /** The first key of its share that was left out. */
  readonly fill: number
  readonly start: null
  readonly look: Look
  readonly stop: Testimony
  readonly readBack: Float64Array
  readonly close: null
}

/** What a load process has used and measured since it was last looked at. */
export interface Look {
  readonly latenciesMs: readonly Float64Array[]
  /** What calls have failed with since the callers started, and how often; and how many of them may have had their effect. */
  readonly failures: ReadonlyMap<string, number>
  readonly doubts: number
  /** Processor time since the process started, microseconds. */
  readonly processorUs: number
}

export type Reply = { readonly answer: Answers[Command['type']] } | { readonly error: string }
