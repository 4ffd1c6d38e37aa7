import { happeningOf } from './actions.ts'
import type { Local } from './local.ts'
import { NAMES } from './names.ts'
import type { NodeState, Transition } from './nodes.ts'
import { messageText, writesText } from './texts.ts'
import type { Worlds } from './world.ts'

/** Twins kept for one state of a node: the first ones, which came there by the shortest ways, prove most. */
const TWINS_MAX = 3

/** What an audit has tried. */
export interface Findings {
  readonly twins: number
  readonly steps: number
  readonly deadLetters: number
}

/**
 * Tries what the explorer takes on trust. Begin it before a run and finish it afterwards:
 * - nodes that were taken for one, since they differ in what `texts.ts` leaves out only, go on alike, whatever of
 *   what happened to the one happens to the other;
 * - a letter that `over.ts` lets drop is ignored by its receiver in every later state that was reached.
 */
export class Audit {
  readonly #worlds: Worlds
  readonly #twins = new Map<NodeState, Local[]>()

  constructor(worlds: Worlds) {
    this.#worlds = worlds
    worlds.nodes.onFold = (state, twin) => {
      const twins = this.#twins.get(state) ?? []
      if (twins.length < TWINS_MAX) this.#twins.set(state, [...twins, twin])
    }
  }

  /** Throws an error that says what is not as it was thought to be. */
  finish(): Findings {
    const { nodes } = this.#worlds
    nodes.onFold = null
    let twins = 0
    let steps = 0
    for (const [state, alike] of this.#twins) {
      for (const twin of alike) steps += this.#tryTwin(state, twin)
      twins += alike.length
    }
    let deadLetters = 0
    // Trying may find further states; what was reached is what counts.
    for (let number = 0, size = nodes.size; number < size; number += 1) deadLetters += this.#tryDead(nodes.at(number))
    return { twins, steps, deadLetters }
  }

  #tryTwin(state: NodeState, twin: Local): number {
    const { letters, nodes } = this.#worlds
    const shadow = nodes.shadow(state, twin)
    let steps = 0
    const compare = (name: string, expected: Transition, found: Transition) => {
      steps += 1
      const [one, other] = [this.#outline(expected), this.#outline(found)]
      if (one !== other) throw new Error(`twins go different ways at ${name}:\n${one}\n${other}`)
    }
    for (const [letter, transition] of state.byLetter.entries()) {
      if (transition !== undefined) compare(`letter ${letter}`, transition, nodes.receive(shadow, letter))
    }
    for (const [key, transition] of state.byKey) {
      const happening = happeningOf(key << 2, letters)
      compare(
        happening.type,
        transition,
        nodes.undergo(shadow, key, () => happening),
      )
    }
    return steps
  }

  #tryDead(state: NodeState): number {
    const { nodes } = this.#worlds
    const dead = state.heeds.flatMap((heed, letter) => (heed === 'dead' ? [letter] : []))
    const transitions = [...state.byLetter, ...state.byKey.values()].flatMap((one) => (one === undefined ? [] : [one]))
    for (const next of new Set([...transitions.map((one) => one.next), ...state.withAhead.values()])) {
      for (const letter of dead) {
        if (nodes.heed(next, letter) !== 'dead') throw new Error(`letter ${letter} came to life:\n${next.text.rest}`)
      }
    }
    return dead.length
  }

  /** What the explorer sees of a transition; what waits to be sent, though it has just been sent, makes no difference. */
  #outline({ next, sent, violation, outcome }: Transition): string {
    const { votes, wins, answered, merges } = outcome
    const texts = sent.map((letter) => messageText(this.#worlds.letters.at(letter), NAMES))
    const waiting = next.text.waiting.filter((line) => !texts.some((text) => line.endsWith(`: ${text}`)))
    const wonBy = wins.map(({ ballot, slot, body }) => [ballot, slot, body])
    const written = merges.map(({ writes }) => writesText(writes, NAMES))
    return JSON.stringify([next.text.rest, waiting, texts, violation, votes, wonBy, answered, written], null, 1)
  }
}
