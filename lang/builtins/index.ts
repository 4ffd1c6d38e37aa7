import type { Builtin } from '../builtin.ts'
import { collections } from './collections.ts'
import { conversions } from './conversions.ts'
import { jsonText } from './json.ts'
import { numbers } from './numbers.ts'
import { sequences } from './sequences.ts'
import { strings } from './strings.ts'
import { timeAndIds } from './time-and-ids.ts'

/** The functions that programs can call, by name. */
export const builtins: ReadonlyMap<string, Builtin> = new Map(
  [sequences, conversions, numbers, strings, collections, jsonText, timeAndIds]
    .flat()
    .map((builtin) => [builtin.name, builtin]),
)
