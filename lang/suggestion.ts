import { shown } from './shown.ts'

/** The end of a sentence about an unknown name: the known one that was probably meant, or nothing. */
export function suggestion(name: string, known: Iterable<string>): string {
  const nearest = nearestName(name, known)
  return nearest === undefined ? '' : `; did you mean ${shown(nearest)}?`
}

/** The known name that was probably meant; undefined: none is near. */
export function nearestName(name: string, known: Iterable<string>): string | undefined {
  let nearest: string | undefined
  // Of a short name everything is near.
  let least = Math.min(DISTANCE_MAX, name.length - 1) + 1
  for (const candidate of known) {
    const distance = editDistance(name, candidate, least - 1)
    if (distance >= least) continue
    nearest = candidate
    least = distance
  }
  return nearest
}

/** Letters to insert, delete or replace, and neighbours to swap, to make `a` of `b`; above `most` any such number. */
function editDistance(a: string, b: string, most: number): number {
  if (Math.abs(a.length - b.length) > most) return most + 1
  let [older, last]: [number[], number[]] = [[], Array.from({ length: b.length + 1 }, (_, index) => index)]
  for (let row = 1; row <= a.length; row++) {
    const next = [row]
    for (let column = 1; column <= b.length; column++) {
      const isSame = a[row - 1] === b[column - 1]
      let least = Math.min(at(last, column) + 1, at(next, column - 1) + 1, at(last, column - 1) + (isSame ? 0 : 1))
      const isSwap = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]
      if (isSwap) least = Math.min(least, at(older, column - 2) + 1)
      next.push(least)
    }
    if (Math.min(...next) > most) return most + 1
    older = last
    last = next
  }
  return at(last, b.length)
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY
}

const DISTANCE_MAX = 2
