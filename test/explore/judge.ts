import { compareBallots, type NodeId } from '../../node/core/index.ts'
import type { Disk } from '../../node/core/testing/disk.ts'
import { fail } from '../walk/invariants.ts'
import type { Histories, History } from './histories.ts'
import type { Outcome, Win } from './local.ts'

/** What the past becomes by what a node has just done. Throws a `Violation` when the two contradict each other. */
export function judge(histories: Histories, before: History, node: NodeId, { votes, merges, wins }: Outcome): History {
  let history = before
  for (const vote of votes) history = histories.add(history, vote)
  for (const { view, writes } of merges) history.invariants.writes(node, view, writes)
  for (const win of wins) judgeWin(history, node, win)
  return history
}

/** Everything chosen is held by a majority of disks. */
export function judgeDisks({ invariants }: History, disks: readonly Disk[]): void {
  for (const slot of invariants.chosen.keys()) invariants.held(slot, disks)
}

/**
 * Rule C, for all that was chosen in lower ballots: what is below the re-proposed slot is merged, the re-proposed
 * decree is the chosen one, and nothing lies above it. What a higher ballot has chosen meanwhile is no concern of a
 * leader that was too slow: nothing of its own will be chosen.
 */
function judgeWin({ invariants, chosenIn }: History, node: NodeId, { ballot, view, slot, body }: Win): void {
  for (const [chosen, chosenBody] of invariants.chosen) {
    const before = chosenIn.get(chosen)
    if (before === undefined || compareBallots(before, ballot) >= 0) continue
    if (chosen > slot) fail(`${node} leads from slot ${slot}; ${chosen} is chosen`)
    if (chosen === slot && body !== chosenBody)
      fail(`${node} proposes ${body} for slot ${slot}; ${chosenBody} is chosen`)
    if (chosen < slot && view.merged.get(chosen) !== chosenBody)
      fail(`${node} leads from ${slot} without slot ${chosen}`)
  }
}
