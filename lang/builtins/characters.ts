/** A text's UTF-16 units: those of a string that was joined or cut are slow to get at one by one. */
export function unitsOf(text: string): Uint16Array {
  const units = new Uint16Array(text.length)
  Buffer.from(units.buffer).write(text, 'utf16le')
  return units
}

/** How many characters (code points) a well-formed text has. */
export function characterCount(text: string): number {
  let count = 0
  for (let unit = 0; unit < text.length; unit++) if (!isSecondHalf(text, unit)) count += 1
  return count
}

/** Where the character with this index begins, in UTF-16 units; the text's length where there are fewer. */
export function unitFromStart(text: string, index: number): number {
  let unit = 0
  for (let left = index; left > 0 && unit < text.length; left--) unit += isSecondHalf(text, unit + 1) ? 2 : 1
  return unit
}

/** Where the last `count` characters begin, in UTF-16 units; 0 where there are fewer. */
export function unitFromEnd(text: string, count: number): number {
  let unit = text.length
  for (let left = count; left > 0 && unit > 0; left--) unit -= isSecondHalf(text, unit - 1) ? 2 : 1
  return unit
}

function isSecondHalf(text: string, unit: number): boolean {
  const code = text.charCodeAt(unit)
  return code >= 0xdc00 && code <= 0xdfff
}

/** A text as it is quoted in a message: its beginning, with what is invisible escaped. */
export function quoted(text: string): string {
  const end = unitFromStart(text, QUOTED_CHARACTERS)
  return JSON.stringify(end === text.length ? text : `${text.slice(0, end)}…`)
}

const QUOTED_CHARACTERS = 30
