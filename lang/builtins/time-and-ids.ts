import { define } from './call.ts'

/** The same throughout an execution: that of the leader, when it began. */
const now = define('now()', 'milliseconds since 1970, the same throughout a transaction', [0, 0], (_, { context }) =>
  BigInt(Math.trunc(context.nowMs)),
)

const uuid = define('uuid()', 'a new random identifier, as text', [0, 0], (_, { context }) => context.uuid())

export const timeAndIds = [now, uuid]
