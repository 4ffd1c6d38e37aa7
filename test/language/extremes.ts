import { limits } from '../../lang/limits.ts'
import { scan } from '../../lang/scan.ts'

/** A program of nearly the largest size. */
export function filled(before: string, unit: string, after: string): string {
  const left = limits.programBytesMax - Buffer.byteLength(before) - Buffer.byteLength(after)
  return before + unit.repeat(Math.floor(left / Buffer.byteLength(unit))) + after
}

/** A program of nearly the largest size, or of nearly the most tokens, if that is less. */
export function dense(before: string, unit: string, after: string): string {
  const left = limits.programTokensMax - scan(before).tokens - scan(after).tokens
  const most = before + unit.repeat(Math.floor(left / scan(unit).tokens)) + after
  const filledText = filled(before, unit, after)
  return most.length < filledText.length ? most : filledText
}

/** A program so many times nested. */
export interface Nest {
  readonly nest: (depth: number) => string
  /** Levels that one time counts for. */
  readonly levels: number
}

function nested(before: string, open: string, middle: string, close: string, after: string, levels = 1): Nest {
  return { levels, nest: (depth) => before + open.repeat(depth) + middle + close.repeat(depth) + after }
}

/** Every way to nest. */
export const nests: readonly (readonly [string, Nest])[] = [
  ['parentheses', nested('x = ', '(', '"a"', ')', ';')],
  ['lists', nested('x = ', '[', '', ']', ';')],
  ['maps', nested('x = ', '{a:', '1', '}', ';')],
  ['maps by computed keys', nested('x = {', '({(', '"a"', '):1}.a)', ': 1};', 3)],
  ['calls', nested('x = ', 'str(', '"a"', ')', ';')],
  ['indexes', nested('x = []; y = ', 'x[', '0', ']', ';')],
  ['negations', nested('x = ', '!', 'true', '', ';')],
  ['spaced negations', nested('x = ', '! /**/\n', 'true', '', ';')],
  ['minus signs', nested('x = ', '-', '1', '', ';')],
  ['minus signs behind operators', nested('x = 1 ', '+ -(1', '', ')', ';', 2)],
  ['scans behind scans', nested('x = ', 'scan "a" after ', '"a"', '', ';')],
  ['scans limited by scans', nested('x = ', 'scan "a" limit ', '1', '', ';')],
  ['computed keys', nested('x = ', 'get (', '"a"', ')', ';')],
  ['computed keys of scans', nested('x = ', 'scan (', '"a"', ')', ';', 2)],
  ['blocks', nested('', 'if!true{', '', '}', '', 1)],
  ['else blocks', nested('', 'if true{}else{', '', '}', '')],
  ['loops', nested('', 'for a in []{', '', '}', '')],
]

/** Programs of the size that is just allowed, each of another kind. */
export const sized: readonly (readonly [string, string])[] = [
  ['a sum', dense('a = "x"; b = ', 'a + ', 'a;')],
  ['a list', dense('a=[', '1,', '1];')],
  ['a map', `a={${Array.from({ length: 1_990 }, (_, index) => `k${index}:1`).join()}};`],
  ['the shortest statements', dense('', 'a=1;', '')],
  ['puts', dense('', 'put "a" "b";', '')],
  ['reads of many keys', Array.from({ length: 2_666 }, (_, index) => `get "${index}";`).join('')],
  ['many names', Array.from({ length: 2_000 }, (_, index) => `a${index}=1;`).join('')],
  ['many parameters', `x=[${Array.from({ length: 3_990 }, (_, index) => `$a${index}`).join()}];`],
  ['else ifs', dense('a = false; if a { }', ' else if a { }', '')],
  ['one string', filled('put "a" "', 'x', '";')],
  ['one escaped string', filled('put "a" "', '\\u0041', '";')],
  ['one comment', filled('/*', ' "', '*/')],
  ['comments', filled('', '/**/', '')],
  ['white space', filled('', ' ', '')],
  ['lines', filled('', '\n', ';')],
  ['names', dense('', 'a ', '')],
  ['closing brackets', dense('', ')', '')],
  ['points', dense('a=a', '.', '')],
  ['an error at its end', dense('', 'put "a" "b";', ';')],
  ['an error at the end of one line of wide characters', filled('/*', '😀', '*/ ;')],
  ['an unknown name at its end', dense('', 'put "a" "b";', 'b=c;')],
  ['more tokens than it may have', filled('', 'a=1;', '')],
  ['a missing semicolon at its end', dense('', 'a=1;', 'a=1')],
]
