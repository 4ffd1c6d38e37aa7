/** How many letters may be wrong, missing, too many or swapped. More would suggest what nobody meant. */
const FAULTS_MAX = 2

/** The one of `words` that `word` is most likely a misspelling of, whatever its case; undefined if it is like none. */
export function nearest(word: string, words: readonly string[]): string | undefined {
  const rated = words.map((each) => ({ each, faults: faultsBetween(word.toLowerCase(), each.toLowerCase()) }))
  const [best] = rated.filter(({ faults }) => faults <= FAULTS_MAX).sort((a, b) => a.faults - b.faults)
  return best?.each
}

/** The fewest insertions, deletions, replacements and swaps of neighbours that make `b` of `a`. */
function faultsBetween(a: string, b: string): number {
  let previous: readonly number[] = []
  let row: readonly number[] = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let line = 1; line <= a.length; line += 1) {
    const next = [line]
    for (let column = 1; column <= b.length; column += 1) {
      const at = (list: readonly number[], index: number) => list[index] ?? Number.POSITIVE_INFINITY
      const differs = a[line - 1] === b[column - 1] ? 0 : 1
      const isSwapped = a[line - 1] === b[column - 2] && a[line - 2] === b[column - 1]
      next.push(
        Math.min(
          at(next, column - 1) + 1,
          at(row, column) + 1,
          at(row, column - 1) + differs,
          isSwapped ? at(previous, column - 2) + 1 : Number.POSITIVE_INFINITY,
        ),
      )
    }
    previous = row
    row = next
  }
  return row[b.length] ?? a.length
}
