import type { CacheStats } from '../../lang/index.ts'
import type { StatusResponse } from '../../proto/gen/decree/v1/store.ts'
import type { Member, NodeId } from '../core/index.ts'
import { asBuffer } from '../records.ts'

/** How a node is. */
export interface NodeStatus {
  /** Of the software. */
  readonly version: string
  /** Null while the node has none. */
  readonly id: NodeId | null
  /** `host:port` */
  readonly address: string
  readonly role: 'forming' | 'follower' | 'candidate' | 'leader'
  /** Null when none is known. */
  readonly leader: NodeId | null
  /** Counter of the highest promised ballot. */
  readonly ballot: number
  /** Highest merged slot. */
  readonly applied: number
  /** Every slot up to this one is merged and durable. */
  readonly complete: number
  /** Of the last write transaction merged. */
  readonly revision: number
  /** Of the cache of compiled programs. */
  readonly programs: CacheStats
  /** Empty while forming. */
  readonly members: readonly Member[]
  /** Empty while forming. */
  readonly cluster: string
  /** SHA-256 of entries and sessions, and the slot that it is of; null unless asked for. */
  readonly state: { readonly hash: Uint8Array; readonly slot: number } | null
}

export function encodeStatus(status: NodeStatus): StatusResponse {
  const { version, address, role, ballot, applied, complete, revision, programs, cluster, state } = status
  return {
    version,
    id: status.id ?? '',
    address,
    role,
    leader: status.leader ?? '',
    ballot,
    applied,
    complete,
    revision,
    members: status.members.map((member) => ({ id: member.id, address: member.address })),
    cluster,
    stateHash: asBuffer(state?.hash ?? new Uint8Array()),
    hashSlot: state?.slot ?? 0,
    programs: { ...programs },
  }
}
