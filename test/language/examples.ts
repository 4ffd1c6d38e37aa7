import { parseShape } from '../../lang/parse.ts'
import { scan } from '../../lang/scan.ts'
import type { Value } from '../../lang/value.ts'
import type { Case } from './naive.ts'
import type { State } from './naive-store.ts'
import type { LaidOut } from './print.ts'

/** A program that the two interpreters once disagreed about, or that is easily got wrong. */
export interface Example {
  readonly name: string
  readonly text: string
  readonly parameters?: Readonly<Record<string, Value>>
}

/** A failing seed leaves its program here. */
export const examples: readonly Example[] = [
  { name: 'digits beyond the ints are the text of a float', text: 'return float("9223372036854775808");' },
  { name: 'text by nothing is cut into code points', text: 'return [split("a😀", ""), split("", "")];' },
  { name: 'nothing cannot be replaced', text: 'return replace("a", "", "b");' },
  { name: 'a sum skips what is absent', text: 'return sum([null, 1, get "nothing"]);' },
  { name: 'a key given twice in a JSON text is refused', text: 'return json("{\\"a\\":1,\\"a\\":2}");' },
  { name: 'a key that cannot be one is refused where it is never used', text: 'if false { delete (null); }' },
  { name: 'a pair of three is refused at its turn', text: 'for a, b in [["x", 1], [1, 2, 3]] { return a; }' },
  { name: 'the least int has no opposite', text: 'return [-9223372036854775808, - -9223372036854775808];' },
  { name: 'a put after a delete starts anew', text: 'put "s" 1; delete "s"; put "s" 2; return version "s";' },
  { name: 'a key made and deleted leaves nothing', text: 'put "new" 1; put "new" null; return revision "new";' },
  { name: 'a loop over itself sees what it was', text: 'l = [1, 2]; for e in l { l = l + [e]; } return l;' },
  {
    name: 'a scan sees own writes in the order of code points',
    text: 'put "a\uffff" 1; put "a😀" 2; return scan "a";',
  },
  {
    name: 'objects have nothing of their own',
    text: 'return [{}.constructor, {a: 1}["__proto__"], $m.toString];',
    parameters: { m: new Map() },
  },
  {
    name: 'variables have nothing of their own',
    text: 'if false { __proto__ = 1; constructor = 2; } return [__proto__, constructor];',
  },
  { name: 'an aborted program tells what it read', text: 'put "s" "new"; x = get "s"; abort x;' },
  { name: 'a get that is never reached is read', text: 'return 1; get "s";' },
]

const state: State = {
  revision: 5,
  entries: new Map([
    ['s', { value: 'old', version: 3, revision: 4 }],
    ['a', { value: 1n, version: 0, revision: 2 }],
    ['gone', { value: null, version: 0, revision: 5 }],
  ]),
}

/** Throws an Error if the text is no program. */
export function caseOf({ text, parameters }: Example): Case & LaidOut {
  const { shape, literals } = scan(text)
  const outcome = parseShape({ type: 'parse', shape })
  if (outcome.type === 'fault') throw new Error(`${text}: ${outcome.sentence}`)
  const given = new Map(Object.entries(parameters ?? {}))
  return { program: outcome.tree, literals, tokens: tokensOf(text), state, parameters: given, nowMs: 0 }
}

/** The tokens of a text, as they are written. */
export function tokensOf(text: string): readonly string[] {
  const tokens: string[] = []
  scan(text, { token: (start, end) => tokens.push(text.slice(start, end)) })
  return tokens
}
