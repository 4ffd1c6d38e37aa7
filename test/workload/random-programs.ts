import type { Random } from '../support/random.ts'
import type { Call, Workload } from './workload.ts'

const KEYS = 6
/** So many different texts: compiling is the dearest thing that a run does. */
const TEXTS = 120

/** Programs of any form over a few keys, failing ones among them. Only a replay can judge them. */
export function randomWorkload(): Workload {
  return {
    name: 'random',
    setup: [],
    next(random: Random): Call {
      // The text is drawn from few, its parameters from many.
      const text = programOf(random.below(TEXTS))
      const parameters: Record<string, string | number> = {}
      for (const name of ['a', 'b']) if (text.includes(`$${name}`)) parameters[name] = `mixed${random.below(KEYS)}`
      for (const name of ['x', 'y']) {
        if (text.includes(`$${name}`))
          parameters[name] = random.chance(0.5) ? random.below(100) : `t${random.below(100)}`
      }
      return { workload: 'random', program: text, parameters, ops: null, done: () => null }
    },
    final: Array.from({ length: KEYS }, (_, n) => ({
      workload: 'random',
      program: `get "mixed${n}";`,
      parameters: {},
      ops: null,
      done: () => null,
    })),
  }
}

const STATEMENTS = [
  'get $a;',
  'get $b;',
  'put $a $x;',
  'put $b $y;',
  'put $a get $b;',
  // Fails where one is text and the other a number: recorded all the same.
  'put $a get $a + $x;',
  'put $b get $a + get $b;',
  'v = get $a; put $b v;',
  'if get $a == get $b { put $a $y; } else { put $b $x; }',
  'if get $a != $x { get $b; } else { put $a null; }',
  'put $a null;',
  'if get $a == "" || get $b == $y { put "mixed0" get "mixed1"; }',
  'get "mixed2"; get ("mixed" + "3");',
  'delete $a;',
  'delete $b; if exists $b { put $a $x; }',
  'put $a version $b;',
  'put $b revision $a;',
  'put $a $x; put $a version $a ?? $y; put $b revision $a;',
  'for key in scan "mixed" { get (key[0]); put (key[0]) key[1]; }',
  'for k, v in scan "mixed" after $a limit 2 { put k $y; }',
  'put $a len(scan "mixed");',
  'if get $a == $x { abort [version $b, exists $a, len(scan $b)]; }',
  'if version $a == 1 { abort get $b; }',
  'put $b $y; if get $a != $x { abort [get $a, get $b]; }',
  'if (version $b ?? 0) > 2 { return revision $b; }',
  'return scan "mixed" after $a;',
  'return [get $a, version $a, revision $b];',
  'put $a {x: get $b}.x;',
  'n = 0; for e in [1, 2, 3] { n = n + e; } put $a n;',
]

/** The same number always gives the same text. */
function programOf(number: number): string {
  let left = number * 2654435761
  const count = 1 + (number % 3)
  const statements: string[] = []
  for (let n = 0; n < count; n += 1) {
    left = (Math.imul(left ^ (left >>> 13), 0x5bd1e995) >>> 0) + n
    statements.push(STATEMENTS[left % STATEMENTS.length] ?? '')
  }
  return statements.join(' ')
}
