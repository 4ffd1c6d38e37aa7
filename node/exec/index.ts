export { type Batch, Executor, type ExecutorHost, type Leader, type Programs } from './executor.ts'
export { DEFAULT_EXECUTOR_OPTIONS, type ExecutorOptions } from './options.ts'
export type { ErrorCode, Failure, Request, Respond, Response } from './requests.ts'
