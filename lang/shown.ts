/** A name or text as errors show it: whole when it is short, else its beginning. */
export function shown(text: string): string {
  if (text.length <= SHOWN_MAX) return text
  // A code point is at most two units, so that this slice holds all that is shown, and more if there is more.
  const characters = Array.from(text.slice(0, 2 * SHOWN_MAX + 2))
  return characters.length > SHOWN_MAX ? `${characters.slice(0, SHOWN_MAX).join('')}…` : text
}

/** Names as errors list them: as many as fit, and how many there are beside them. There is at least one. */
export function shownNames(names: readonly string[]): string {
  let units = 0
  const fitting = names.filter((name, index) => {
    units += name.length
    return index === 0 || units <= SHOWN_MAX
  })
  const left = names.length - fitting.length
  const parts = [...fitting.map(shown), ...(left > 0 ? [`${left} more`] : [])]
  return parts.length === 1 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts[parts.length - 1]}`
}

/** How many elements a list has, in words that fit the number. */
export function elements(count: number): string {
  return count === 1 ? '1 element' : `${count} elements`
}

/** Code points. */
const SHOWN_MAX = 30
