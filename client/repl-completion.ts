import { builtins } from '../lang/builtins/index.ts'
import { highlight, type Span } from '../lang/highlight.ts'
import { COMMANDS, helpWords } from './repl-help.ts'

/** What the end of a line could become, as node:readline wants it: the candidates, and what they replace. */
export type Completion = [candidates: string[], replaced: string]

/** What is known where a line is completed. */
export interface Surroundings {
  /** The lines above that belong to the same program, each with its end. */
  readonly before: string
  /** Keys that were seen, in order. */
  readonly keys: readonly string[]
}

/** Completes the line, which ends at the cursor: keys where a key fits, words of the language and names elsewhere. */
export function complete(line: string, { before, keys }: Surroundings): Completion {
  if (before === '' && line.startsWith('.')) return completeCommand(line, keys)
  const text = before + line
  const spans = highlight(text)
  const last = spans.at(-1)
  const isInside = last !== undefined && last.end === text.length
  if (isInside && last.look === 'comment') return [[], '']
  if (isInside && last.look === 'string') {
    return isOpen(text.slice(last.start)) && isKeyPlace(text, spans.slice(0, -1))
      ? among(keys.map(quoted), text.slice(last.start))
      : [[], '']
  }
  const word = /\$?[A-Za-z_0-9]*$/.exec(text)?.[0] ?? ''
  const above = spans.filter(({ start }) => start < text.length - word.length)
  return among(candidates(text, above, keys), word)
}

/** Keys that a text spells out, be it a program or not. */
export function keysSpelled(text: string): readonly string[] {
  const spans = highlight(text)
  return spans.flatMap(({ start, end, look }, index) => {
    if (look !== 'string' || !isKeyPlace(text, spans.slice(Math.max(0, index - KEY_WAY), index))) return []
    const key = keyOf(text.slice(start, end))
    return key === undefined ? [] : [key]
  })
}

/** The value of a string as it is written; undefined: it has no end, or is no key. */
function keyOf(written: string): string | undefined {
  try {
    // A line break is fine in a program, and not in JSON.
    const value: unknown = JSON.parse(written.replace(/[\n\r\t]/g, (white) => JSON.stringify(white).slice(1, -1)))
    return typeof value === 'string' && value !== '' ? value : undefined
  } catch {
    return undefined
  }
}

/** The function within whose parentheses the end of the text is, or whose name it is. */
export function functionAt(text: string): string | undefined {
  const spans = highlight(text)
  const open: (string | undefined)[] = []
  let previous: Span | undefined
  for (const span of spans) {
    const written = text.slice(span.start, span.end)
    if (span.look === 'sign' && '([{'.includes(written)) {
      const name = previous?.look === 'function' ? text.slice(previous.start, previous.end) : undefined
      open.push(written === '(' ? name : undefined)
    } else if (span.look === 'sign' && ')]}'.includes(written)) open.pop()
    previous = span
  }
  const word = /[A-Za-z_0-9]+$/.exec(text)?.[0]
  return word !== undefined && builtins.has(word) ? word : open.at(-1)
}

function completeCommand(line: string, keys: readonly string[]): Completion {
  const [, name = '', rest] = /^(\S*)(?:\s+(.*))?$/s.exec(line) ?? []
  if (rest === undefined)
    return among(
      COMMANDS.map(([command]) => command),
      name,
    )
  if (name === '.help') return among([...COMMANDS.map(([command]) => command), ...helpWords()], rest)
  if (name === '.keys') return among(keys, rest)
  return name === '.explain' ? complete(rest, { before: ' ', keys }) : [[], '']
}

function candidates(text: string, spans: readonly Span[], keys: readonly string[]): readonly string[] {
  const last = spans.at(-1)
  const before = last === undefined ? '' : text.slice(last.start, last.end)
  const names = namesOf(text, spans)
  if (before === '.') return []
  if (isKeyPlace(text, spans)) return [...names, ...keys.map(quoted)]
  if (before === '' || before === ';' || before === '{' || (before === '}' && last?.look === 'sign')) {
    return [...STATEMENTS, ...names.filter((name) => !name.startsWith('$'))]
  }
  const isBehindOperand =
    last !== undefined &&
    (last.look === 'sign' ? ')]'.includes(before) : last.look !== 'keyword' && !isKeyPlace(text, spans))
  // Behind a key that is written to stands the value.
  if (isBehindOperand && !isBehindPutKey(text, spans)) return BEHIND_OPERANDS
  return [...EXPRESSIONS, ...[...builtins.keys()].map((name) => `${name}(`), ...names]
}

/** Whether a key is expected behind the last of these. */
function isKeyPlace(text: string, spans: readonly Span[]): boolean {
  const last = spans.at(-1)
  if (last === undefined) return false
  const written = text.slice(last.start, last.end)
  if (last.look === 'keyword') return KEY_WORDS.has(written)
  return written === '(' && isKeyPlace(text, spans.slice(0, -1))
}

function isBehindPutKey(text: string, spans: readonly Span[]): boolean {
  const word = spans.at(-2)
  return word !== undefined && text.slice(word.start, word.end) === 'put' && word.look === 'keyword'
}

/** Variables and parameters of the program so far. */
function namesOf(text: string, spans: readonly Span[]): readonly string[] {
  const names = new Set<string>()
  for (const [index, { start, end, look }] of spans.entries()) {
    const written = text.slice(start, end)
    const previous = spans[index - 1]
    const isMember = previous !== undefined && text.slice(previous.start, previous.end) === '.'
    const next = spans[index + 1]
    const isLabel = next !== undefined && text.slice(next.start, next.end) === ':'
    if (look === 'parameter' || (look === 'name' && !isMember && !isLabel)) names.add(written)
  }
  return [...names].sort()
}

function among(all: readonly string[], start: string): Completion {
  return [[...new Set(all)].filter((each) => each.startsWith(start)), start]
}

function quoted(key: string): string {
  return JSON.stringify(key)
}

/** Whether a string has no end yet. */
function isOpen(written: string): boolean {
  return !/^"(?:[^"\\]|\\[\s\S])*"$/.test(written)
}

const STATEMENTS = ['get', 'put', 'delete', 'if', 'for', 'return', 'abort', 'else'] as const
const EXPRESSIONS = ['get', 'exists', 'version', 'revision', 'scan', 'true', 'false', 'null'] as const
const BEHIND_OPERANDS = ['in', 'after', 'limit'] as const
/** So many tokens are looked back on for the word that a key belongs to: brackets may stand between them. */
const KEY_WAY = 4
const KEY_WORDS: ReadonlySet<string> = new Set(['get', 'put', 'delete', 'exists', 'version', 'revision', 'scan'])
