import { readFileSync } from 'node:fs'
import * as ohm from 'ohm-js'
import { MARKS, SEPARATOR } from './shape-writer.ts'

/** The grammar of record, which lies beside this file, in the sources as in the build. */
export const grammar = ohm.grammar(readFileSync(new URL('./grammar.ohm', import.meta.url), 'utf8'))

/** The same language written as shapes: only literals and what stands between tokens look different. */
export const shapeGrammar = ohm.grammar(
  `DecreeShape <: Decree {
    string := ${quoted(MARKS.string)}
    int := ${quoted(MARKS.int)}
    float := ${quoted(MARKS.float)}
    lowest := ${quoted(MARKS.lowest)}
    space := ${quoted(SEPARATOR)}
  }`,
  { Decree: grammar },
)

function quoted(character: string): string {
  return `"\\u{${character.charCodeAt(0).toString(16)}}"`
}
