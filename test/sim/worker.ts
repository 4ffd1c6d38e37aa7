import { parentPort, workerData } from 'node:worker_threads'
import { Failure } from './failure.ts'
import { type RunResult, run } from './run.ts'

/** What a worker is made with. */
export interface WorkerData {
  readonly size: 3 | 5
}

/** What it says of each seed that it is given. */
export type Report =
  | { readonly type: 'passed'; readonly result: RunResult }
  | { readonly type: 'failed'; readonly seed: number; readonly checker: string; readonly message: string }

const { size } = workerData as WorkerData

parentPort?.on('message', (seed: number) => {
  parentPort?.postMessage(report(seed))
})

function report(seed: number): Report {
  try {
    return { type: 'passed', result: run(seed, size) }
  } catch (thrown) {
    if (thrown instanceof Failure) return { type: 'failed', seed, checker: thrown.checker, message: thrown.message }
    // The simulator itself stumbled over what the nodes did, or over its own feet: a failure all the same.
    const message = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)
    return { type: 'failed', seed, checker: 'assertion', message }
  }
}
