/** UTF-16 units that numbers and words are made of. `NaN`, which `charCodeAt` gives behind the end, is none of them. */

export function isDigit(unit: number): boolean {
  return unit >= 0x30 && unit <= 0x39
}

export function isWordStart(unit: number): boolean {
  return (unit >= 0x61 && unit <= 0x7a) || (unit >= 0x41 && unit <= 0x5a) || unit === 0x5f
}

export function isWordPart(unit: number): boolean {
  return isWordStart(unit) || isDigit(unit)
}

/** Where the letters, digits and underscores end that begin at `start`. */
export function wordEnd(text: string, start: number): number {
  let at = start
  while (isWordPart(text.charCodeAt(at))) at += 1
  return at
}

/** Where the digits end that begin at `start`. */
export function digitsEnd(text: string, start: number): number {
  let at = start
  while (isDigit(text.charCodeAt(at))) at += 1
  return at
}
