import { compareBallots, type Message, type Write } from '../../node/core/index.ts'
import type { Local } from './local.ts'
import type { Names } from './names.ts'

/** A message in one line: equal lines are equal messages. The config is left out, since it never changes here. */
export function messageText({ from, to, body }: Message, names: Names): string {
  const way = `${names.node(from)}>${names.node(to)} ${body.type}`
  switch (body.type) {
    case 'prepare':
    case 'handoff':
      return `${way} ${names.ballot(body.ballot)}`
    case 'promise': {
      const { ballot, accepted, complete } = body
      return `${way} ${names.ballot(ballot)}, accepted ${names.accepted(accepted)}, complete ${complete}`
    }
    case 'accept':
      return `${way} ${names.accepted(body)}`
    case 'voted':
      return `${way} ${names.ballot(body.ballot)} slot ${body.slot}`
    case 'missing':
      return `${way} ${names.ballot(body.ballot)} slot ${body.slot}`
    case 'refused': {
      const { ballot, promised, acceptedSlot } = body
      const isOutdated = compareBallots(promised, ballot) > 0
      return `${way} ${names.ballot(ballot)}, ${isOutdated ? `promised ${promised.counter}` : `accepted slot ${acceptedSlot}`}`
    }
    case 'heartbeat':
      return `${way} ${names.ballot(body.ballot)} round ${body.round}, chosen ${body.chosen}`
    case 'heartbeatAck':
      return `${way} ${names.ballot(body.ballot)} round ${body.round}, applied ${body.applied}`
    case 'preVote':
      return `${way} #${body.nonce}`
    case 'preVoteReply':
      return `${way} #${body.nonce} ${body.granted}, promised ${names.ballot(body.promised)}`
    case 'chosen':
      return `${way} ${body.slot}:${names.decree(body.decree)}`
    case 'syncRequest':
      return `${way} #${body.nonce} after ${body.after}${body.everything ? ', everything' : ''}, cursor '${body.cursor}'`
    case 'syncEnd':
      return `${way} #${body.nonce} complete ${body.complete}`
    case 'syncChunk': {
      const { nonce, after, cursor, upTo, floor, chunk } = body
      return `${way} #${nonce} after ${after}: ${names.rows(chunk)}; cursor '${cursor}', up to ${upTo}, floor ${floor}`
    }
    default:
      return body satisfies never
  }
}

export function writeText(write: Write, names: Names): string {
  switch (write.type) {
    case 'promised':
      return `promised ${names.ballot(write.ballot)}`
    case 'accepted':
      return `accepted ${names.accepted(write)}`
    case 'merge':
      return `merge ${write.slot}:${names.decree(write.decree)}`
    case 'marks':
      return `marks ${write.complete} ${write.from}-${write.applied} ${write.floor}`
    case 'chunk':
      return `chunk after ${write.after}: ${names.rows(write.chunk)} ${JSON.stringify(write.sync)}`
    case 'forget':
      return `forget ${write.through}`
    case 'formed':
      return 'formed'
    default:
      return write satisfies never
  }
}

export function writesText(writes: readonly Write[], names: Names): string {
  return writes.map((write) => writeText(write, names)).join(' + ')
}

/**
 * All that matters of a node; nodes with equal texts are taken for one. Left out, because nothing that the explorer
 * does can depend on it:
 * - every clock: ticks, what is due when, how quick and how far behind followers were. Time stands still, except
 *   where `local.ts` makes exactly one thing due; no other time-out is ever reached;
 * - the generator that draws time-outs, the count of vain candidacies that stretches them, and who may skip or must
 *   defer a pre-vote: there are none;
 * - numbers of writes: they are told by their distance from the last durable one;
 * - what a leader was promised, once it has re-proposed: it is read no more;
 * - when no candidacy is ahead: which ballot the node would open; when no question of a follower's is: who leads.
 *
 * That leaving them out makes no difference is checked, by sample: see `audit.ts`.
 */
export interface LocalText {
  readonly rest: string
  /** What waits for the disk. The same answer twice is no more than once, since the network doubles as it likes. */
  readonly waiting: readonly string[]
}

export function localText(local: Local, names: Names): LocalText {
  return { rest: restText(local, names), waiting: waitingTexts(local, names) }
}

function restText(local: Local, names: Names): string {
  const { core, disk, pending, reads, ahead } = local
  const { state } = core
  return [
    names.node(state.id),
    Object.values(ahead).map(Number).join(''),
    names.ballot(state.promised),
    names.accepted(state.accepted),
    marksText(state.marks),
    state.syncMark === null ? '' : JSON.stringify(state.syncMark),
    [...state.recent]
      .sort((a, b) => a[0] - b[0])
      .map(([slot, decree]) => `${slot}:${names.decree(decree)}`)
      .join(),
    state.durableComplete,
    state.nonce,
    ahead.ballots ? Math.max(state.counter, state.promised.counter) : '',
    state.leader === null || !ahead.syncs ? '' : names.node(state.leader),
    state.knownChosen,
    phaseText(local, names),
    syncText(local, names),
    'disk',
    names.ballot(disk.promised),
    names.accepted(disk.accepted),
    marksText(disk.marks),
    disk.sync === null ? '' : JSON.stringify(disk.sync),
    [...disk.merged]
      .sort((a, b) => a[0] - b[0])
      .map(([slot, body]) => `${slot}:${names.body(body)}`)
      .join(),
    [...disk.journal.keys()].sort((a, b) => a - b).join(),
    pending.map(({ writes }) => writesText(writes, names)).join(';'),
    reads.map(({ chosen, round }) => `${chosen}@${round}`).join(),
  ].join('|')
}

function waitingTexts({ core }: Local, names: Names): string[] {
  const { waiting, durableToken, durableComplete } = core.state
  const seen = new Set<string>()
  const lines: string[] = []
  let told = durableComplete
  for (const { token, complete, messages } of waiting) {
    const writes = token - durableToken
    if (complete > told) lines.push(`${writes}: complete ${complete}`)
    told = Math.max(told, complete)
    for (const message of messages) {
      const text = messageText(message, names)
      if (!seen.has(text)) lines.push(`${writes}: ${text}`)
      seen.add(text)
    }
  }
  return lines
}

function marksText({ complete, from, applied, floor }: Local['disk']['marks']): string {
  return `${complete} ${from}-${applied} ${floor}`
}

function phaseText({ core }: Local, names: Names): string {
  const { phase } = core.state
  switch (phase.type) {
    case 'follower':
      return 'F'
    case 'preVoting':
      return `V ${phase.nonce} ${names.nodes(phase.granted)}`
    case 'preparing':
      return `P ${names.ballot(phase.ballot)} ${promisesText(phase.promises, names)}`
    case 'leading': {
      const { ballot, promises, reproposed, stage, union, chosen, inFlight, round, confirmed, wantsRound } = phase
      const completing =
        stage === 'completing'
          ? `${promisesText(promises, names)} ${names.accepted(reproposed)} ${union === null ? '' : union.map((id) => names.node(id)).join()}`
          : ''
      const flight =
        inFlight === null
          ? ''
          : `${inFlight.slot}:${names.decree(inFlight.decree)} of ${names.ballot(inFlight.origin)} +${names.nodes(inFlight.votes)}`
      const followers = [...phase.followers]
        .map(([id, follower]) => `${names.node(id)}${follower.round}`)
        .sort()
        .join()
      return `L ${names.ballot(ballot)} ${stage} ${completing} ${chosen} ${flight} ${round} ${confirmed} ${wantsRound} ${followers} ${phase.handoff === null}`
    }
    default:
      return phase satisfies never
  }
}

function promisesText(
  promises: ReadonlyMap<string, { accepted: Parameters<Names['accepted']>[0]; complete: number }>,
  names: Names,
): string {
  // In the order in which they came: it decides between sources that are equally good.
  return [...promises]
    .map(([id, { accepted, complete }]) => `${names.node(id)} ${names.accepted(accepted)} ${complete}`)
    .join()
}

function syncText({ core }: Local, names: Names): string {
  const { sync } = core.state
  return sync === null ? '' : `${sync.nonce} ${names.node(sync.source)} ${sync.everything} ${sync.after}`
}
