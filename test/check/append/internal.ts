import type { Findings } from '../findings.ts'
import type { Operation } from '../history.ts'
import { show } from '../json.ts'
import { type Element, elementsOf } from './lists.ts'

/** What an operation knows of a list: what it read, if it did, and what it appended since. */
interface Known {
  readonly base: readonly Element[] | undefined
  readonly own: readonly Element[]
}

/** A transaction must find what it has read and appended itself, and nothing else behind it. */
export function checkInternally(operation: Operation, lists: ReadonlySet<string>, findings: Findings): void {
  const { ops, line, sees } = operation
  if (!sees || ops.length < 2) return
  const known = new Map<string, Known>()
  for (const op of ops) {
    const key = op[1]
    if (!lists.has(key)) continue
    const { base, own } = known.get(key) ?? NOTHING
    if (op[0] === 'append') {
      known.set(key, { base, own: [...own, op[2]] })
      continue
    }
    if (op[0] !== 'r') continue
    const elements = elementsOf(op[2])
    const expected = base === undefined ? own : [...base, ...own]
    const isSameLength = base === undefined || elements.length === expected.length
    if (!isSameLength || !endsWith(elements, expected)) {
      const message =
        `line ${line} read ${show(op[2])} from ${show(key)}, though by its own reads and appends it ` +
        `${base === undefined ? 'ends with' : 'is'} ${show(expected)}`
      findings.add({ checker: 'append', anomaly: 'internal', message, lines: [line] })
    }
    known.set(key, { base: elements, own: [] })
  }
}

function endsWith(elements: readonly Element[], end: readonly Element[]): boolean {
  const start = elements.length - end.length
  return start >= 0 && end.every((element, index) => elements[start + index] === element)
}

const NOTHING: Known = { base: undefined, own: [] }
