import { readFileSync } from 'node:fs'
import * as ohm from 'ohm-js'

/** The grammar of record, which lies beside this file, in the sources as in the build. */
export const grammar = ohm.grammar(readFileSync(new URL('./grammar.ohm', import.meta.url), 'utf8'))
