import type { Notice, Role, Write } from '../effects.ts'
import type { Message } from '../messages.ts'
import { type Accepted, type Ballot, type Config, type Decree, type Marks, NO_BALLOT, type NodeId } from '../types.ts'
import { decodeRows, text } from './disk.ts'

/**
 * How a transcript prints what a core says: one line each, the field's words, and nothing that has its usual value.
 * What is left out (a config that never changed, a floor of 0) must have exactly that value, so that every change
 * of behaviour changes a line.
 */
export class Telling {
  readonly #config: string
  /** Questions are numbered in the order in which a transcript shows them; their real numbers are drawn. */
  readonly #questions = new Map<string, number>()

  /** @param config the one that goes without saying */
  constructor(config: Config) {
    this.#config = JSON.stringify(config)
  }

  /** A line as it is shown: with small numbers for the questions in it. */
  numbered(line: string): string {
    return line.replace(/#[0-9a-f]+:\d+/g, (question) => {
      const number = this.#questions.get(question) ?? this.#questions.size + 1
      this.#questions.set(question, number)
      return `#${number}`
    })
  }

  message({ from, to, body }: Pick<Message, 'from' | 'to' | 'body'>): string {
    switch (body.type) {
      case 'prepare':
      case 'handoff':
        return `${body.type} ${ballot(body.ballot)}`
      case 'promise': {
        const { accepted, complete, applied, floor, config } = body
        const marks = applied === complete ? `complete ${complete}` : `complete ${complete} applied ${applied}`
        return `promise ${ballot(body.ballot)} accepted ${acceptance(accepted)} ${marks}${this.#unusual(floor, config)}`
      }
      case 'accept':
        return `accept ${ballot(body.ballot)} slot ${body.slot} ${this.#decree(body.decree)}${origin(body)}`
      case 'voted':
        return `voted ${ballot(body.ballot)} slot ${body.slot}`
      case 'missing':
        return `missing ${ballot(body.ballot)} slot ${body.slot} complete ${body.complete}`
      case 'refused': {
        const what = body.acceptedSlot === 0 ? 'none' : `slot ${body.acceptedSlot}`
        const unusual = this.#unusual(0, body.config)
        return `refused ${ballot(body.ballot)} promised ${ballot(body.promised)} accepted ${what}${unusual}`
      }
      case 'heartbeat':
        return `heartbeat ${ballot(body.ballot)} round ${body.round}${body.chosen === 0 ? '' : ` chosen ${body.chosen}`}`
      case 'heartbeatAck': {
        const applied = body.applied === body.complete ? '' : ` applied ${body.applied}`
        return `heartbeatAck ${ballot(body.ballot)} round ${body.round} complete ${body.complete}${applied}`
      }
      case 'preVote': {
        const { acceptedSlot, acceptedBallot, complete } = body.credentials
        const accepted = acceptedSlot === 0 ? 'none' : `slot ${acceptedSlot} in ${ballot(acceptedBallot)}`
        return `preVote ${this.#question(from, body)} accepted ${accepted} complete ${complete}`
      }
      case 'preVoteReply': {
        const answer = body.granted ? 'yes' : 'no'
        return `preVoteReply ${this.#question(to, body)} ${answer} promised ${ballot(body.promised)}`
      }
      case 'chosen':
        return `chosen slot ${body.slot} ${this.#decree(body.decree)}`
      case 'syncRequest': {
        const cursor = body.cursor === '' ? '' : ` behind row ${body.cursor}`
        return `syncRequest ${this.#question(from, body)} after ${body.after}${cursor}${body.everything ? ' everything' : ''}`
      }
      case 'syncEnd':
        return `syncEnd ${this.#question(to, body)} complete ${body.complete}`
      case 'syncChunk': {
        const next = body.cursor === '' ? 'last' : `next behind row ${body.cursor}`
        const what = `syncChunk ${this.#question(to, body)} after ${body.after} rows ${rows(body.chunk)} ${next}`
        return `${what} up to ${body.upTo}${this.#unusual(body.floor)}`
      }
      default:
        return body satisfies never
    }
  }

  write(write: Write): string {
    switch (write.type) {
      case 'promised':
        return `promised ${ballot(write.ballot)}`
      case 'accepted':
        return `accepted ${acceptance(write)}${this.#unusual(0, write.decree.header.config)}`
      case 'merge':
        return `merge ${write.slot} ${this.#decree(write.decree)}`
      case 'marks':
        return `${marks(write)}${this.#unusual(write.floor)}`
      case 'chunk': {
        const { sync } = write
        const mark =
          sync === null ? '' : `, synced to row ${sync.cursor} up to ${sync.upTo}${this.#unusual(sync.floor)}`
        return `rows ${rows(write.chunk)} above ${write.after}${mark}`
      }
      case 'forget':
        return `forget through ${write.through}`
      case 'formed':
        return `formed ${JSON.stringify(write.config)}`
      default:
        return write satisfies never
    }
  }

  notice(notice: Notice): string {
    switch (notice.type) {
      case 'role':
        return role(notice.role, notice.leader)
      case 'leading':
        return notice.reproposed === null
          ? `leading ${ballot(notice.ballot)}, nothing to re-propose`
          : `leading ${ballot(notice.ballot)}, re-proposing slot ${notice.slot} ${this.#decree(notice.reproposed)}`
      case 'established':
        return 'established'
      case 'proposed':
      case 'chosen':
        return `${notice.type} slot ${notice.slot}`
      case 'round':
        return `round ${notice.round}`
      case 'confirmed':
        return `confirmed round ${notice.round}`
      case 'deposed':
        return notice.leader === null ? 'deposed' : `deposed by ${nameOf(notice.leader)}`
      case 'serve': {
        const cursor = notice.cursor === '' ? '' : ` behind row ${notice.cursor}`
        const what = `serve ${nameOf(notice.to)} ${this.#question(notice.to, notice)} after ${notice.after}${cursor}`
        return `${what} up to ${notice.upTo}${this.#unusual(notice.floor)}`
      }
      default:
        return notice satisfies never
    }
  }

  #decree({ header, body }: Decree): string {
    const { config, collectable, count } = header
    const unusual = `${count === 1 ? '' : ` of ${count}`}${collectable === 0 ? '' : ` collectable ${collectable}`}`
    return `${text(body)}${unusual}${this.#unusual(0, config)}`
  }

  #question(asker: NodeId, { nonce }: { readonly nonce: number }): string {
    return `#${asker}:${nonce}`
  }

  #unusual(floor: number, config?: Config): string {
    const isKnown = config === undefined || JSON.stringify(config) === this.#config
    return `${floor === 0 ? '' : ` floor ${floor}`}${isKnown ? '' : ` config ${JSON.stringify(config)}`}`
  }
}

/** Nodes are called A, B, C …; in this order too. */
export function nameOf(id: NodeId): string {
  return id.slice(-1).toUpperCase()
}

export function idOf(name: string): NodeId {
  return name.toLowerCase().padStart(16, '0')
}

export function ballot({ counter, node }: Ballot): string {
  return counter === NO_BALLOT.counter ? 'none' : `${counter}.${nameOf(node)}`
}

export function acceptance(accepted: Accepted | null): string {
  if (accepted === null) return 'none'
  return `slot ${accepted.slot} ${text(accepted.decree.body)} in ${ballot(accepted.ballot)}${origin(accepted)}`
}

export function marks({ complete, from, applied }: Marks): string {
  return applied > complete ? `complete ${complete} run ${from}-${applied}` : `complete ${complete}`
}

export function role(kind: Role, leader: NodeId | null): string {
  if (kind === 'leader') return 'leader'
  if (kind === 'candidate') return leader === null ? 'candidate' : 'candidate with a majority'
  return leader === null ? 'follower of nobody' : `follower of ${nameOf(leader)}`
}

function origin({ ballot: current, origin: first }: Pick<Accepted, 'ballot' | 'origin'>): string {
  return ballot(current) === ballot(first) ? '' : ` origin ${ballot(first)}`
}

function rows(chunk: Uint8Array): string {
  const found = decodeRows(chunk).map(([slot, body]) => `${slot} ${body}`)
  return found.length === 0 ? 'none' : found.join(', ')
}
