import { parseShape } from './parse.ts'
import { scan } from './scan.ts'

/**
 * Has the parser read programs that have everything, from short to long, one for each step: the first ones that it ever
 * reads take it ten times as long as later ones. To be done before it matters, with something else between the steps.
 */
export function* warmUp(): Generator<undefined, void> {
  for (let round = 0; round < ROUNDS; round++) {
    for (const text of TEXTS) {
      parseShape({ type: 'parse', shape: scan(text).shape })
      yield
    }
  }
}

const ROUNDS = 4

/** Programs that, together, have everything. */
export const TEXTS: readonly string[] = [
  '',
  'get "a";',
  'put $k 1;',
  'x = get "a"; put "a" x + $n;',
  'delete "a"; return [1.5, "b", {c: null, "d": true}];',
  'if exists "a" && !false { abort "b"; } else if version "a" == 2 { } else { x = revision "a"; }',
  'for k, v in scan "a/" after $k limit 10 { if v.size[0] >= len(k) * 2 - -1 || k < "b" { put (k + "x") v ?? 0; } }',
]
