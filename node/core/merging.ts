import { withComplete, withMerged } from './marks.ts'
import type { Step } from './step.ts'
import type { Decree, Marks } from './types.ts'

/** The decree of `slot` is chosen: merges its patch, unless it is merged already. */
export function merge(step: Step, slot: number, decree: Decree): void {
  const { state, rules } = step
  if (rules.isMerged(state.marks, slot)) return
  state.knownChosen = Math.max(state.knownChosen, slot)
  step.persist({ type: 'merge', slot, decree })
  setMarks(step, withMerged(state.marks, slot))
  remember(step, slot, decree)
}

/** Every patch up to `slot` has been merged by other means. */
export function completeUpTo(step: Step, slot: number): void {
  setMarks(step, withComplete(step.state.marks, slot))
}

function setMarks(step: Step, marks: Marks): void {
  if (marks === step.state.marks) return
  step.state.marks = marks
  step.persist({ type: 'marks', ...marks })
}

function remember(step: Step, slot: number, decree: Decree): void {
  const { state, options } = step
  if (state.recent.has(slot)) return
  state.recent.set(slot, decree)
  state.recentBytes += decree.body.length
  // Trimmed rarely and then by a good part, so that most slots need no `forget`.
  if (state.recent.size <= options.recentSlotsMax && state.recentBytes <= options.recentBytesMax) return
  let through = 0
  for (const old of [...state.recent.keys()].sort((a, b) => a - b)) {
    if (state.recent.size <= options.recentSlotsMax / 2 && state.recentBytes <= options.recentBytesMax / 2) break
    state.recentBytes -= state.recent.get(old)?.body.length ?? 0
    state.recent.delete(old)
    through = old
  }
  step.persist({ type: 'forget', through })
}
