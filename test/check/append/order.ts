import type { Findings } from '../findings.ts'
import type { Operation } from '../history.ts'
import { show } from '../json.ts'
import type { Append, Element, List, Read } from './lists.ts'

/** In what order the appends to a key took effect, as far as reads tell. */
export interface Order {
  readonly list: List
  /**
   * By their place in the longest read; undefined where the element is not that of an operation that took effect, or
   * stands there again.
   */
  readonly appends: readonly (Append | undefined)[]
  /** Reads that show a beginning of the longest one. All of them, unless something is wrong. */
  readonly reads: readonly Read[]
}

/** Finds the order of a key's appends, and what is wrong with single reads. */
export function orderOf(list: List, findings: Findings): Order {
  const [longest, reads] = agreeingReads(list, findings)
  const appends = longest === undefined ? [] : resolve(list, longest, findings)
  if (longest !== undefined) checkNeighbours(list, longest, appends, findings)
  for (const read of reads) checkLastElement(list, read, appends, findings)
  return { list, appends, reads }
}

/** The longest read, and all that show a beginning of it. */
function agreeingReads(list: List, findings: Findings): readonly [Read | undefined, readonly Read[]] {
  let longest: Read | undefined
  for (const read of list.reads) {
    if (longest === undefined || read.elements.length > longest.elements.length) longest = read
  }
  if (longest === undefined) return [undefined, []]
  const { elements, operation } = longest
  const agreeing: Read[] = []
  for (const read of list.reads) {
    const place = firstDifference(read.elements, elements)
    if (place === undefined) {
      agreeing.push(read)
      continue
    }
    resolve(list, read, findings)
    const [one, other] = [read.elements[place], elements[place]]
    findings.add({
      checker: 'append',
      anomaly: 'incompatible-order',
      message:
        `line ${read.operation.line} and line ${operation.line} read ${show(list.key)} in orders that exclude each ` +
        `other: at place ${place + 1} one has ${show(one ?? null)}, the other ${show(other ?? null)}`,
      lines: [read.operation.line, operation.line],
    })
  }
  return [longest, agreeing]
}

/** The first place at which `short` is not as the beginning of `long`. */
function firstDifference(short: readonly Element[], long: readonly Element[]): number | undefined {
  for (let index = 0; index < short.length; index += 1) if (short[index] !== long[index]) return index
  return undefined
}

/** The appends that a read shows. Marks them as seen. */
function resolve(list: List, read: Read, findings: Findings): (Append | undefined)[] {
  const { line } = read.operation
  const key = show(list.key)
  const known = new Set<Element>()
  let refused: Append | undefined
  return read.elements.map((element) => {
    const append = list.appends.get(element)
    const shown = show(element)
    if (append === undefined) {
      const message = `line ${line} read ${shown} in ${key}, which nobody has appended`
      findings.add({ checker: 'append', anomaly: 'garbage-read', message, lines: [line] })
      return undefined
    }
    const { operation } = append
    if (known.has(element)) {
      const message = `line ${line} read ${shown} in ${key} twice, which line ${operation.line} appended once`
      findings.add({ checker: 'append', anomaly: 'duplicate-append', message, lines: [line, operation.line] })
      return undefined
    }
    known.add(element)
    append.isSeen = true
    if (operation.outcome === 'refused' || operation.outcome === 'aborted') {
      refused ??= append
      const message = `line ${line} read ${shown} in ${key}, whose append in line ${operation.line} had no effect`
      findings.add({ checker: 'append', anomaly: 'G1a', message, lines: [line, operation.line] })
      return undefined
    }
    if (refused !== undefined && operation.outcome === 'committed') {
      const message =
        `line ${operation.line} appended ${shown} to ${key} behind ${show(refused.element)}, whose append in ` +
        `line ${refused.operation.line} had no effect`
      const lines = [operation.line, refused.operation.line]
      findings.add({ checker: 'append', anomaly: 'dirty-update', message, lines })
      refused = undefined
    }
    return append
  })
}

/** Between two appends of one operation nobody else may look. */
function checkLastElement(list: List, read: Read, appends: readonly (Append | undefined)[], findings: Findings): void {
  const append = appends[read.elements.length - 1]
  if (append === undefined || append.isLast || append.operation === read.operation) return
  const [by, line] = [append.operation.line, read.operation.line]
  const message =
    `line ${line} read ${show(list.key)} up to ${show(append.element)}, in the midst of line ${by}, ` +
    'which appended more to it'
  findings.add({ checker: 'append', anomaly: 'G1b', message, lines: [line, by] })
}

/** What one operation appends to a list stands there without a gap. */
function checkNeighbours(
  list: List,
  { operation: reader }: Read,
  appends: readonly (Append | undefined)[],
  findings: Findings,
): void {
  for (const [index, append] of appends.entries()) {
    if (append?.earlier === undefined) continue
    const before = appends[index - 1]
    // Where the element before is not that of an append that took effect, this is already told.
    if (before === append.earlier || (before === undefined && index > 0)) continue
    const { operation, earlier, element } = append
    const message =
      `line ${reader.line} read ${show(element)} in ${show(list.key)}, but not just before it ` +
      `${show(earlier.element)}, which line ${operation.line} appended together with it`
    findings.add({ checker: 'append', anomaly: 'torn-write', message, lines: [reader.line, operation.line] })
  }
}

/**
 * Appends that took effect, and that no read shows: they come after all that was read. Without those that some read
 * should have shown: these are lost. `took`: unknown operations of which something was seen.
 */
export function unseenAppends(list: List, took: ReadonlySet<Operation>, findings: Findings): readonly Append[] {
  let latest: Read | undefined
  for (const read of list.reads) {
    if (latest === undefined || read.operation.invoked > latest.operation.invoked) latest = read
  }
  const unseen: Append[] = []
  for (const append of list.appends.values()) {
    const { operation, element, isSeen } = append
    if (isSeen || !(operation.outcome === 'committed' || took.has(operation))) continue
    if (latest === undefined || latest.operation.invoked < operation.completed) {
      unseen.push(append)
      continue
    }
    const message =
      `line ${operation.line} appended ${show(element)} to ${show(list.key)} and was acknowledged, but line ` +
      `${latest.operation.line}, which began later, did not read it, nor did anyone else`
    const lines = [operation.line, latest.operation.line]
    findings.add({ checker: 'append', anomaly: 'lost-append', message, lines })
  }
  return unseen
}
