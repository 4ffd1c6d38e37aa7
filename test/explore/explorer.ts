import { RULES, type Rules } from '../../node/core/rules.ts'
import { Violation } from '../walk/invariants.ts'
import type { Action } from './actions.ts'
import type { Bounds } from './bounds.ts'
import { judgeDisks } from './judge.ts'
import { Numbers, Visited } from './visited.ts'
import { Worlds } from './world.ts'

/** Why the search ended: everything within the bounds was seen, or one of them was met, or something is broken. */
export type End = 'exhausted' | 'depth' | 'states' | 'minutes' | 'violation'

export interface Report {
  readonly end: End
  /** Different states of the cluster, symmetric ones counted once. */
  readonly states: number
  /** Steps from one to another, those that led to a known state included. */
  readonly steps: number
  /** Longest shortest way from the start to a state. */
  readonly depth: number
  /** States of the last depth that were not followed any further. */
  readonly frontier: number
  readonly seconds: number
  /** Different states of single nodes, different messages, different pasts. */
  readonly nodeStates: number
  readonly letters: number
  readonly histories: number
  readonly coreSteps: number
  /** The shortest way to something that must never be. */
  readonly violation: { readonly what: string; readonly actions: readonly Action[] } | null
}

/** Looks at the clock once in so many states. */
const STATES_PER_LOOK = 1024

/** Breadth first, so that the first violation is a shortest one. */
export class Explorer {
  readonly worlds: Worlds
  readonly #bounds: Bounds
  readonly #visited = new Visited()
  /** For each state, in the order in which they were found: which one it was found from, and by what. */
  readonly #parents = new Numbers()
  readonly #actions = new Numbers()
  #steps = 0
  #depth = 0

  constructor(bounds: Bounds, rules: Rules = RULES) {
    this.#bounds = bounds
    this.worlds = new Worlds(bounds, rules)
  }

  /** @param onProgress called now and then, with what is known so far */
  run(onProgress: (report: Report) => void = () => {}): Report {
    const { worlds } = this
    const started = performance.now()
    const deadline = started + this.#bounds.minutes * 60_000
    let frontier = new Numbers()
    let next = new Numbers()
    let frontierStates = 1
    let expanded = 0
    const report = (end: End, violation: Report['violation'] = null): Report => ({
      end,
      states: this.#visited.size,
      steps: this.#steps,
      depth: this.#depth,
      frontier: frontierStates,
      seconds: (performance.now() - started) / 1000,
      nodeStates: worlds.nodes.size,
      letters: worlds.letters.size,
      histories: worlds.histories.size,
      coreSteps: worlds.nodes.transitions,
      violation,
    })

    const first = worlds.initial()
    const { high, low } = worlds.hash(first)
    this.#visited.add(high, low)
    this.#parents.push(-1)
    this.#actions.push(0)
    worlds.write(first, frontier)
    let expandedNumber = 0
    while (frontierStates > 0) {
      if (this.#depth >= this.#bounds.depthMax) return report('depth')
      let found = 0
      for (let place = 0; place < frontier.length; ) {
        const { world, next: following } = worlds.read(frontier, place)
        place = following
        const parent = expandedNumber
        expandedNumber += 1
        let violation: Report['violation'] = null
        worlds.each(world, (action, transition) => {
          if (violation !== null) return
          this.#steps += 1
          try {
            const after = worlds.after(world, action, transition)
            const { high, low } = worlds.hash(after)
            if (!this.#visited.add(high, low)) return
            judgeDisks(
              after.history,
              after.nodes.map(({ local }) => local.disk),
            )
            this.#parents.push(parent)
            this.#actions.push(action)
            worlds.write(after, next)
            found += 1
          } catch (error) {
            if (!(error instanceof Violation)) throw error
            violation = { what: error.message, actions: [...this.#wayTo(parent), action] }
          }
        })
        if (violation !== null) return report('violation', violation)
        expanded += 1
        if (this.#visited.size >= this.#bounds.statesMax) return report('states')
        if (expanded % STATES_PER_LOOK === 0) {
          if (performance.now() > deadline) return report('minutes')
          onProgress(report('minutes'))
        }
      }
      ;[frontier, next] = [next, frontier]
      next.clear()
      frontierStates = found
      if (found > 0) this.#depth += 1
    }
    return report('exhausted')
  }

  #wayTo(state: number): Action[] {
    const actions: Action[] = []
    for (let at = state; this.#parents.at(at) >= 0; at = this.#parents.at(at)) actions.push(this.#actions.at(at))
    return actions.reverse()
  }
}
