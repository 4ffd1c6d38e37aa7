import { State as WireState, type SyncMark as WireSyncMark } from '../../proto/gen/decree/v1/record.ts'
import type { Accepted, Ballot, Config, Marks, NodeId, SyncMark } from '../core/index.ts'
import { NO_BALLOT, NO_MARKS } from '../core/types.ts'
import {
  asBuffer,
  decodeAccepted,
  decodeBallot,
  decodeConfig,
  decodeNodeId,
  encodeAccepted,
  encodeBallot,
  encodeConfig,
} from '../records.ts'
import type { RowChange, Snapshot } from './disk.ts'
import { StoreError } from './errors.ts'
import { STORE_BYTES } from './frame.ts'
import type { AcceptedMark } from './journal.ts'
import type { LogPosition } from './log.ts'

/** The format of a whole store: of its tables and all records in them, and that it has a log. */
export const STORE_FORMAT = 2

/** The small facts of a node, all in one record, which ends each checkpoint. */
export interface NodeState {
  readonly identity: NodeId | null
  readonly pledge: Config | null
  readonly config: Config | null
  readonly promised: Ballot
  readonly marks: Marks
  readonly sync: SyncMark | null
  /** The last revision given out by any merged decree. */
  readonly revision: number
  /** The time of the latest merged decree, ms since 1970. */
  readonly timeMs: number
}

const EMPTY_STATE: NodeState = {
  identity: null,
  pledge: null,
  config: null,
  promised: NO_BALLOT,
  marks: NO_MARKS,
  sync: null,
  revision: 0,
  timeMs: 0,
}

const KEY = Buffer.from('state')

/** The log that goes on where the tables end. */
export interface StoreLog {
  /** The store's name, 16 bytes. */
  readonly store: Uint8Array
  readonly position: LogPosition
}

export function stateChange(state: NodeState, accepted: Accepted | null, log: StoreLog): RowChange {
  const { identity, pledge, config, promised, marks, sync, revision, timeMs } = state
  const record: WireState = {
    format: STORE_FORMAT,
    identity: identity ?? '',
    pledge: pledge === null ? undefined : encodeConfig(pledge),
    config: config === null ? undefined : encodeConfig(config),
    promised: encodeBallot(promised),
    accepted: accepted === null ? undefined : encodeAccepted(accepted, false),
    ...marks,
    revision,
    timeMs,
    sync: sync === null ? undefined : { ...sync },
    store: asBuffer(log.store),
    log: { ...log.position },
  }
  return { table: 'state', key: KEY, value: WireState.encode(record).finish() }
}

/**
 * The state in a snapshot, `EMPTY_STATE` if it holds none; `log` is null if it holds none or is of format 1.
 *
 * Throws a StoreError `newer_format`, or an Error on a record that cannot be read.
 */
export function readState(
  snapshot: Snapshot,
  place: string,
): { readonly state: NodeState; readonly accepted: AcceptedMark | null; readonly log: StoreLog | null } {
  const bytes = snapshot.get('state', KEY)
  if (bytes === undefined) return { state: EMPTY_STATE, accepted: null, log: null }
  const record = WireState.decode(bytes)
  const { format, identity, pledge, config, promised, accepted, sync } = record
  if (format > STORE_FORMAT) {
    throw new StoreError(
      'newer_format',
      `${place} was written by newer software, in format ${format}; this one reads formats up to ${STORE_FORMAT}.`,
    )
  }
  if (format === 0) throw new Error('the state has no format')
  const { complete, from, applied, floor, revision, timeMs } = record
  if (applied < complete) throw new Error(`the state is complete up to ${complete} but applied up to ${applied} only`)
  return {
    state: {
      identity: identity === '' ? null : decodeNodeId(identity),
      pledge: pledge === undefined ? null : decodeConfig(pledge, 'pledge'),
      config: config === undefined ? null : decodeConfig(config),
      promised: decodeBallot(promised, 'promise'),
      marks: { complete, from, applied, floor },
      sync: sync === undefined ? null : decodeSync(sync),
      revision,
      timeMs,
    },
    accepted:
      accepted === undefined
        ? null
        : { slot: accepted.slot, chosen: accepted.chosen, with: (decree) => decodeAccepted(accepted, decree) },
    log: format === 1 ? null : decodeLog(record),
  }
}

function decodeLog({ store, log }: WireState): StoreLog {
  if (log === undefined || store.length !== STORE_BYTES) throw new Error('the state does not say where its log begins')
  const { segment, offset, sequence } = log
  return { store: new Uint8Array(store), position: { segment, offset, sequence } }
}

function decodeSync({ cursor, upTo, floor }: WireSyncMark): SyncMark {
  return { cursor, upTo, floor }
}
