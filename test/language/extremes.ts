import { limits } from '../../lang/limits.ts'

/** A program of nearly the largest size. */
export function filled(before: string, unit: string, after: string): string {
  const left = limits.programBytesMax - Buffer.byteLength(before) - Buffer.byteLength(after)
  return before + unit.repeat(Math.floor(left / Buffer.byteLength(unit))) + after
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
  ['a sum', filled('a = "x"; b = ', 'a + ', 'a;')],
  ['a list', filled('a=[', '1,', '1];')],
  ['a map', `a={${Array.from({ length: 6_000 }, (_, index) => `k${index}:1`).join()}};`],
  ['the shortest statements', filled('', 'a=1;', '')],
  ['puts', filled('', 'put "a" "b";', '')],
  ['reads of many keys', Array.from({ length: 5_000 }, (_, index) => `get "${index}";`).join('')],
  ['many names', Array.from({ length: 5_000 }, (_, index) => `a${index}=1;`).join('')],
  ['many parameters', `x=[${Array.from({ length: 8_000 }, (_, index) => `$a${index}`).join()}];`],
  ['else ifs', filled('a = false; if a { }', ' else if a { }', '')],
  ['one string', filled('put "a" "', 'x', '";')],
  ['one escaped string', filled('put "a" "', '\\u0041', '";')],
  ['one comment', filled('/*', ' "', '*/')],
  ['comments', filled('', '/**/', '')],
  ['white space', filled('', ' ', '')],
  ['lines', filled('', '\n', ';')],
  ['names', filled('', 'a ', '')],
  ['closing brackets', filled('', ')', '')],
  ['points', filled('a=a', '.', '')],
  ['an error at its end', filled('', 'put "a" "b";', ';')],
  ['an error at the end of one line of wide characters', filled('/*', '😀', '*/ ;')],
  ['an unknown name at its end', filled('', 'put "a" "b";', 'b=c;')],
  ['a missing semicolon at its end', filled('', 'a=1;', 'a=1')],
]
