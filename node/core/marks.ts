import type { Marks } from './types.ts'

/** Whether the marks prove that the patch of `slot` is merged. */
export function covers(marks: Marks, slot: number): boolean {
  return slot <= marks.complete || (marks.from <= slot && slot <= marks.applied)
}

/** The marks after the patch of `slot` has been merged. */
export function withMerged(marks: Marks, slot: number): Marks {
  if (covers(marks, slot)) return marks
  if (slot === marks.complete + 1) return withComplete(marks, slot)
  // The run grows at its upper end, or at its lower end, or starts anew above; what lies between is merged but
  // cannot be told by two numbers, and will be merged again.
  if (slot === marks.applied + 1) return { ...marks, applied: slot }
  if (slot > marks.applied) return { ...marks, from: slot, applied: slot }
  if (slot === marks.from - 1) return { ...marks, from: slot }
  return marks
}

/** The marks when everything up to `complete` is known to be merged. */
export function withComplete(marks: Marks, complete: number): Marks {
  if (complete <= marks.complete) return marks
  const joined = marks.from <= complete + 1 ? Math.max(complete, marks.applied) : complete
  const applied = Math.max(marks.applied, joined)
  return { ...marks, complete: joined, applied, from: applied === joined ? joined + 1 : marks.from }
}
