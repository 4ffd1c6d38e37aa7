import { existsSync, readFileSync } from 'node:fs'
import * as ohm from 'ohm-js'
import { MARKS, SEPARATOR } from './shape-writer.ts'

/** What Ohm's own tool for grammars that are read in advance uses, and its types leave out. */
declare module 'ohm-js' {
  function makeRecipe(recipe: unknown): Grammar
  interface Grammar {
    /** A JSON text. */
    toRecipe(): string
  }
}

/**
 * Beside this file in the build only: what the build's own run of `readGrammars` came to. Read in place of the grammar
 * of record, it saves each start a sixth of a second of a processor, which others may be waiting for.
 */
const RECIPE = new URL('./grammar.json', import.meta.url)

/** The language written as shapes: only literals and what stands between tokens look different. */
export const shapeGrammar = existsSync(RECIPE)
  ? ohm.makeRecipe(JSON.parse(readFileSync(RECIPE, 'utf8')))
  : readGrammars()

/** The grammar of record, which lies beside this file, in the sources as in the build. */
export const grammar = shapeGrammar.superGrammar

function readGrammars(): ohm.Grammar {
  const Decree = ohm.grammar(readFileSync(new URL('./grammar.ohm', import.meta.url), 'utf8'))
  return ohm.grammar(
    `DecreeShape <: Decree {
      string := ${quoted(MARKS.string)}
      int := ${quoted(MARKS.int)}
      float := ${quoted(MARKS.float)}
      lowest := ${quoted(MARKS.lowest)}
      space := ${quoted(SEPARATOR)}
    }`,
    { Decree },
  )
}

function quoted(character: string): string {
  return `"\\u{${character.charCodeAt(0).toString(16)}}"`
}
