import type { Json } from '../json.ts'

/** What a program can look at and change, told by its text: never less than what it does, sometimes more. */
export interface Reach {
  /** Null: any key. */
  readonly keys: ReadonlySet<string> | null
  /** Its `reads` tell all that it saw: the same reads, the same result and the same writes. */
  readonly isTold: boolean
  /** It asks for the time or a random number: run again, it gives something else. */
  readonly isRandom: boolean
  /** What it gives may depend on the revisions of others. */
  readonly asksRevision: boolean
}

/**
 * Looks at words, not at the grammar: a key is what follows `get`, `put` and the like. One that is computed may be any.
 */
export function reachOf(text: string, parameters: Readonly<Record<string, Json>>): Reach {
  const words = (text.match(WORDS) ?? []).filter((word) => !GAP.test(word))
  const keys = new Set<string>()
  let isAnywhere = false
  let isTold = true
  let isRandom = false
  let asksRevision = false
  for (const [index, word] of words.entries()) {
    const next = words[index + 1] ?? ''
    if (words[index - 1] === '.') continue
    if ((word === 'now' || word === 'uuid') && next === '(') isRandom = true
    if (HIDDEN.has(word)) isTold = false
    if (word === 'scan') isAnywhere = true
    if (word === 'revision') asksRevision = true
    if (!KEYED.has(word)) continue
    const key = keyOf(next, parameters)
    if (key === undefined) isAnywhere = true
    else keys.add(key)
  }
  return { keys: isAnywhere ? null : keys, isTold, isRandom, asksRevision }
}

export function reaches({ keys }: Reach, key: string): boolean {
  return keys === null || keys.has(key)
}

function keyOf(word: string, parameters: Readonly<Record<string, Json>>): string | undefined {
  if (word.startsWith('"')) {
    try {
      // A line break may stand in a string of the language as it is.
      return String(JSON.parse(word.replace(/[\n\r\t]/g, (character) => CONTROLS[character] ?? character)))
    } catch {
      return undefined
    }
  }
  if (!word.startsWith('$') || !Object.hasOwn(parameters, word.slice(1))) return undefined
  const key = parameters[word.slice(1)]
  return typeof key === 'string' ? key : undefined
}

const WORDS = /"(?:[^"\\]|\\.)*"|\$?[A-Za-z_][A-Za-z0-9_]*|(?:\/\/[^\n]*|\/\*[\s\S]*?\*\/|\s)+|[\s\S]/g

/** White space and comments. */
const GAP = /^(?:\s|\/\/|\/\*)/

const KEYED: ReadonlySet<string> = new Set(['get', 'put', 'delete', 'exists', 'version', 'revision'])

/** What these see is not among the reads. */
const HIDDEN: ReadonlySet<string> = new Set(['exists', 'version', 'revision', 'scan'])

const CONTROLS: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }
