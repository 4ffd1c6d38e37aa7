import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import type { Event, Notice, Write } from './effects.ts'
import type { MessageBody } from './messages.ts'
import { RULES, type Rules } from './rules.ts'
import { retell } from './testing/transcript.ts'
import { compareBallots } from './types.ts'

const FOLDER = new URL('./scenarios/', import.meta.url)
const FILES = readdirSync(FOLDER).filter((file) => file.endsWith('.txt'))

const EVENTS: Record<Event['type'], true> = {
  message: true,
  tick: true,
  propose: true,
  confirm: true,
  persisted: true,
  unreachable: true,
  handoff: true,
}
const MESSAGES: Record<MessageBody['type'], true> = {
  prepare: true,
  promise: true,
  accept: true,
  voted: true,
  missing: true,
  refused: true,
  heartbeat: true,
  heartbeatAck: true,
  preVote: true,
  preVoteReply: true,
  handoff: true,
  chosen: true,
  syncRequest: true,
  syncEnd: true,
  syncChunk: true,
}
/** `formed` is written before there is a core, by whoever founds the cluster. */
const WRITES: Record<Exclude<Write['type'], 'formed'>, true> = {
  promised: true,
  accepted: true,
  merge: true,
  marks: true,
  chunk: true,
  forget: true,
}
const NOTICES: Record<Notice['type'], true> = {
  role: true,
  leading: true,
  established: true,
  proposed: true,
  chosen: true,
  round: true,
  confirmed: true,
  deposed: true,
  serve: true,
}

/** Each sentence of the protocol, left out or got wrong. */
const MISTAKES: Record<string, Partial<Rules>> = {
  'A1 without the promise': { refusesAccept: (_, accepted, __, slot) => accepted !== null && accepted.slot > slot },
  'A1 without the slot': { refusesAccept: (promised, _, ballot) => compareBallots(ballot, promised) < 0 },
  'A3 skipped': { mayAcceptWithoutPrevious: () => true },
  'A3 and F without the ballot': { isChosenOne: () => true },
  'A3 and F ask for a higher ballot than needed': {
    isChosenOne: (accepted, chosenIn) => compareBallots(accepted.ballot, chosenIn) > 0,
  },
  'accepted before `missing` is answered': { writesBeforeMissing: () => true },
  'the run taken to begin at 1': { isMerged: ({ applied }, slot) => slot <= applied },
  'the run not used': { isMerged: ({ complete }, slot) => slot <= complete },
  'promises that fall': { refusesPrepare: () => false },
  'completeness taken from `applied`': { completeThrough: ({ applied }) => applied },
}

const read = (file: string) => readFileSync(new URL(file, FOLDER), 'utf8')

/** When the core is meant to behave differently: `npx vitest run node/core/scenarios.test.ts -u` records it. */
describe('the transcripts of the core', () => {
  it.each(FILES)('still tell what happens: %s', async (file) => {
    const { text } = retell(read(file), `node/core/scenarios/${file}`)
    await expect(text).toMatchFileSnapshot(fileURLToPath(new URL(file, FOLDER)))
  })

  it.each(Object.entries(MISTAKES))('would tell it differently with this mistake: %s', (_, mistake) => {
    const isAsTold = (file: string) => {
      try {
        return retell(read(file), file, { ...RULES, ...mistake }).text === read(file)
      } catch {
        // The story went another way, so that a later command no longer fits.
        return false
      }
    }
    expect(FILES.every(isAsTold)).toBe(false)
  })

  it('tell of every event, message, write and notice', () => {
    const seen = new Set(FILES.flatMap((file) => [...retell(read(file), file).seen]))
    const kinds = { event: EVENTS, message: MESSAGES, write: WRITES, notice: NOTICES }
    for (const [kind, types] of Object.entries(kinds)) {
      for (const type of Object.keys(types)) expect(seen, 'in no transcript').toContain(`${kind} ${type}`)
    }
  })

  it.each([
    ['no title', 'Once upon a time\n', 'x.txt:1: a transcript begins with "# " and its title'],
    ['no nodes', '# T\n> tick A 1\n', 'x.txt:2: the first command must be "nodes"'],
    ['an unknown command', '# T\n> nodes 3\n\n> dance A\n', 'x.txt:4: unknown command "dance A"'],
    ['a command too long', '# T\n> nodes 3\n> crash A softly\n', 'x.txt:3: unknown command "crash A softly"'],
    ['an unknown node', '# T\n> nodes 3\n> tick D 1\n', 'x.txt:3: there is no node "D"'],
    ['a node that is down', '# T\n> nodes 3\n> crash A\n> tick A 1\n', 'x.txt:4: A is down'],
    ['nothing to deliver', '# T\n> nodes 3\n> deliver A->B accept\n', 'x.txt:3: nothing under way is "A->B accept"'],
    ['an unknown way', '# T\n> nodes 3\n> cut A-B\n', 'x.txt:3: "A-B" is not a way between nodes'],
    ['a wait in vain', '# T\n> nodes 3\n> tick A until accept\n', 'x.txt:3: 1000 ticks brought no "accept"'],
    ['an unknown setting', '# T\n> nodes 3 tempo 5\n', 'x.txt:2: unknown setting "tempo"'],
    ['indented prose', '# T\n  so\n', 'x.txt:2: an indented line belongs below a command'],
  ])('name file and line of %s', (_, text, message) => {
    expect(() => retell(text, 'x.txt')).toThrow(message)
  })
})
