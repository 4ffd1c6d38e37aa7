import { compareKeys } from '../../lang/index.ts'
import type { PatchEntry } from '../store/index.ts'

export type KeyedEntry = readonly [key: string, entry: PatchEntry]

/**
 * One scan of several, each in key order and with each key once. Where several have a key, the first of them has its
 * entry. Whoever stops early ends the iterator (`return`), as `for` does, and with it all others.
 */
export function* mergeScans(scans: readonly Iterable<KeyedEntry>[]): IterableIterator<KeyedEntry> {
  const open: Head[] = []
  try {
    for (const scan of scans) {
      const source = scan[Symbol.iterator]()
      const head: Head = { source, next: undefined }
      // Before its first entry is asked for: what then goes wrong must end it, too.
      open.push(head)
      if (!advance(head)) open.pop()
    }
    while (open.length > 1) {
      let first = open[0]
      // Of equal keys the first stays: it is in the upper layer.
      for (const head of open) if (compare(head, first) < 0) first = head
      const entry = first?.next
      if (entry === undefined) throw new Error('a scan that has ended was not taken away')
      yield entry
      for (let index = 0; index < open.length; ) {
        const head = open[index]
        if (head?.next?.[0] === entry[0] && !advance(head)) open.splice(index, 1)
        else index += 1
      }
    }
    // One alone needs no comparing.
    for (const head of open)
      for (let more = true; more; more = advance(head)) if (head.next !== undefined) yield head.next
    open.length = 0
  } finally {
    for (const { source } of open) source.return?.()
  }
}

interface Head {
  readonly source: Iterator<KeyedEntry>
  /** What it gives next; undefined: nothing more. */
  next: KeyedEntry | undefined
}

/** False: it has ended. */
function advance(head: Head): boolean {
  const { done, value } = head.source.next()
  head.next = done === true ? undefined : value
  return head.next !== undefined
}

function compare(one: Head, other: Head | undefined): number {
  return compareKeys(one.next?.[0] ?? '', other?.next?.[0] ?? '')
}
