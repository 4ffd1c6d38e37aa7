import { RULES, type Rules } from '../../node/core/rules.ts'
import { Violation } from '../walk/invariants.ts'
import { type Action, happeningOf, kindOf, letterOf, nodeOf } from './actions.ts'
import type { Bounds } from './bounds.ts'
import { Histories } from './histories.ts'
import { judge, judgeDisks } from './judge.ts'
import { createLocal, type Happening, happen, type Local, type Outcome } from './local.ts'
import { IDS, NAMES } from './names.ts'
import { messageText, writesText } from './texts.ts'
import type { Answer, Worlds } from './world.ts'

/** A run, told. */
export interface Trace {
  readonly lines: readonly string[]
  /** What it came to; null: nothing was wrong. */
  readonly violation: string | null
}

interface Deed {
  readonly node: number
  readonly happening: Happening
}

/**
 * Does the actions once more, one after the other, with three cores and nothing else: no state is taken for another,
 * no step is remembered. What it shows does not rest on the explorer's abstractions.
 */
export function retrace(worlds: Worlds, actions: readonly Action[], bounds: Bounds, rules: Rules = RULES): Trace {
  const lines: string[] = []
  const locals = IDS.map((_, index) => createLocal(index, bounds, rules))
  const histories = new Histories()
  const sent = new Set<string>()
  let history = histories.at(0)
  for (const [index, { node, happening }] of deedsOf(worlds, actions).entries()) {
    const local = locals[node] as Local
    lines.push(`${`${index + 1}.`.padEnd(4)} ${describe(local, happening)}`)
    if (!isPossible(local, happening, sent)) {
      lines.push('     which cannot be')
      return { lines, violation: null }
    }
    try {
      const outcome = happen(local, happening, bounds, rules)
      locals[node] = outcome.local
      lines.push(...consequences(local, outcome, sent))
      history = judge(histories, history, local.core.state.id, outcome)
      judgeDisks(
        history,
        locals.map(({ disk }) => disk),
      )
    } catch (error) {
      if (!(error instanceof Violation)) throw error
      return { lines, violation: error.message }
    }
  }
  return { lines, violation: null }
}

function isPossible({ core, pending }: Local, happening: Happening, sent: ReadonlySet<string>): boolean {
  switch (happening.type) {
    case 'deliver':
      return sent.has(messageText(happening.message, NAMES))
    case 'persist':
      return pending.length > 0
    case 'crash':
      return pending.length >= happening.kept
    case 'propose':
      return core.canPropose
    case 'stand':
    case 'tick':
    case 'read':
    case 'catchUp':
      return true
    default:
      return happening satisfies never
  }
}

/** The actions, and between them those of the answers given on the way that somebody then received. */
function deedsOf(worlds: Worlds, actions: readonly Action[]): Deed[] {
  const steps: { readonly action: Action; readonly sent: readonly number[]; readonly answers: readonly Answer[] }[] = []
  let world = worlds.initial()
  for (const action of actions) {
    const answers: Answer[] = []
    const transition = worlds.transition(world, action)
    if (transition.violation === null) {
      try {
        world = worlds.after(world, action, transition, answers)
      } catch (error) {
        if (!(error instanceof Violation)) throw error
      }
    }
    steps.push({ action, sent: transition.sent, answers })
  }
  // Backwards: what is received later must have been sent.
  const deeds: Deed[] = []
  const wanted = new Set<number>()
  for (const { action, sent, answers } of steps.reverse()) {
    for (const { node, letter, sent: answered } of [...answers].reverse()) {
      if (!answered.some((some) => wanted.has(some))) continue
      for (const some of answered) wanted.delete(some)
      wanted.add(letter)
      deeds.push({ node, happening: { type: 'deliver', message: worlds.letters.at(letter) } })
    }
    // What comes out when a disk is done may have waited there since an answer.
    if (kindOf(action) !== 'persist') for (const some of sent) wanted.delete(some)
    if (kindOf(action) === 'deliver') wanted.add(letterOf(action))
    deeds.push({ node: nodeOf(action), happening: happeningOf(action, worlds.letters) })
  }
  return deeds.reverse()
}

function describe({ core, pending }: Local, happening: Happening): string {
  const name = NAMES.node(core.state.id)
  switch (happening.type) {
    case 'deliver':
      return `arrives: ${messageText(happening.message, NAMES)}`
    case 'persist':
      return `${name}'s disk has: ${writesText(pending[0]?.writes ?? [], NAMES)}`
    case 'crash':
      return `${name} crashes and starts again; ${happening.kept} of ${pending.length} writes under way survive`
    case 'stand':
      return `${name} stands for election`
    case 'propose':
      return `${name} proposes`
    case 'tick':
      return `a tick at ${name}`
    case 'read':
      return `${name} gets a read`
    case 'catchUp':
      return `${name} has been behind for long`
    default:
      return happening satisfies never
  }
}

/** Also adds what was sent to `sent`. */
function consequences(before: Local, { local, sent: messages, wins, answered }: Outcome, sent: Set<string>): string[] {
  const name = NAMES.node(local.core.state.id)
  const lines: string[] = []
  for (const { writes } of local.pending) {
    if (!before.pending.some((batch) => batch.writes === writes)) {
      lines.push(`     ${name} writes: ${writesText(writes, NAMES)}`)
    }
  }
  for (const message of messages) {
    const text = messageText(message, NAMES)
    if (!sent.has(text)) lines.push(`     sent: ${text}`)
    sent.add(text)
  }
  for (const { ballot, slot } of wins) lines.push(`     ${name} leads ${NAMES.ballot(ballot)} from slot ${slot}`)
  if (answered > 0) lines.push(`     ${name} knows slot ${answered} to be chosen`)
  return lines
}
