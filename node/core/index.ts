export { Core } from './core.ts'
export type { Effects, Event, Notice, Role, Write } from './effects.ts'
export { Formation, type FormNews, type FormStep } from './formation.ts'
export type { Credentials, Message, MessageBody } from './messages.ts'
export { type CoreOptions, DEFAULT_OPTIONS } from './options.ts'
export {
  type Accepted,
  type Ballot,
  type ChosenDecree,
  type Config,
  compareBallots,
  type Decree,
  type DecreeHeader,
  type DurableState,
  type Marks,
  type Member,
  majority,
  NO_BALLOT,
  type NodeId,
  type SyncMark,
} from './types.ts'
