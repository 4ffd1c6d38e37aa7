import { type LanguageErrorCode, type Limit, limits, type Value } from '../../lang/index.ts'
import type { Case, Entry, Outcome, Write } from './case.ts'
import { expand, formatValue, parseValue, readValue } from './notation.ts'

/**
 * The cases of a file, whose format README.md explains. `start`: the revision of the store before a case prepares it.
 * Throws an Error that begins with `file:line:`.
 */
export function parseCases(text: string, file: string, start = 0): readonly Case[] {
  const lines = text.split('\n')
  const first = lines.findIndex((line) => line.startsWith('# '))
  if (first === -1) throw new Error(`${file}:1: there is no case; its title begins with "# "`)
  const cases: Case[] = []
  let draft: Draft | undefined
  lines.forEach((line, index) => {
    if (index < first) return
    const place = `${file}:${index + 1}`
    blaming(place, () => {
      if (line === '') {
        if (draft !== undefined) cases.push(draft.finished())
        draft = undefined
      } else if (line.startsWith('# ')) {
        if (draft !== undefined) throw new Error('an empty line belongs between two cases')
        draft = new Draft(line, place, start)
      } else if (draft === undefined) throw new Error('a case begins with "# " and its title')
      else draft.take(line)
    })
  })
  if (draft !== undefined) throw new Error(`${file}:${lines.length}: the file ends without a line break`)
  const titles = new Map<string, string>()
  for (const { title, place } of cases) {
    const other = titles.get(title)
    if (other !== undefined) throw new Error(`${place}: the title stands at ${other} already`)
    titles.set(title, place)
  }
  return cases
}

/** The kinds of lines in the order in which they come. */
const ORDER = ['before', 'given', 'program', 'outcome', 'reads', 'after'] as const
type Kind = (typeof ORDER)[number]

const CODES: Record<LanguageErrorCode, true> = {
  syntax_error: true,
  unknown_name: true,
  type_error: true,
  overflow: true,
  division_by_zero: true,
  limit_exceeded: true,
  invalid_key: true,
  invalid_argument: true,
  missing_parameter: true,
  unknown_parameter: true,
}

/** A case of which not all lines have been read. */
class Draft {
  readonly #title: string
  readonly #place: string
  readonly #start: number
  readonly #source: string[]
  readonly #before = new Map<string, Entry>()
  readonly #parameters = new Map<string, Value>()
  readonly #program: string[] = []
  readonly #reads = new Map<string, Value>()
  readonly #writes = new Map<string, Write>()
  readonly #untouched = new Set<string>()
  #outcome: Outcome | undefined
  /** `does nothing`: neither reads nor writes may follow. `commits`: some must. */
  #effects: 'none' | 'some' | 'any' = 'any'
  #reached: Kind = 'before'

  constructor(line: string, place: string, start: number) {
    const title = line.slice(2)
    if (!/^[`A-Z0-9].*\S\.$/.test(title))
      throw new Error('a title is a sentence: a capital, digit or ` first, a full stop last')
    this.#title = title
    this.#place = place
    this.#start = start
    this.#source = [line]
  }

  take(line: string): void {
    this.#source.push(line)
    if (line.endsWith(' ')) throw new Error('blanks at the end of a line would not be seen')
    if (line.startsWith('    ')) {
      this.#reach('program')
      this.#program.push(expand(line.slice(4)))
      return
    }
    const [, keyword = '', rest = ''] = /^(before|given|reads|after)\b *(.*)$/.exec(line) ?? []
    switch (keyword) {
      case 'before':
        return this.#takeBefore(expand(rest))
      case 'given':
        return this.#takeParameter(expand(rest))
      case 'reads':
        return this.#takeRead(expand(rest))
      case 'after':
        return this.#takeAfter(expand(rest))
      default:
        return this.#takeOutcome(line)
    }
  }

  finished(): Case {
    if (this.#program.length === 0) throw new Error(`the case at ${this.#place} has no program`)
    const outcome = this.#outcome
    if (outcome === undefined) throw new Error(`the case at ${this.#place} does not say what happens`)
    const effects = this.#reads.size + this.#writes.size
    if (this.#effects === 'some' && effects === 0) {
      throw new Error(`the case at ${this.#place} commits, and reads and writes nothing: write "does nothing"`)
    }
    if (this.#effects === 'none' && effects > 0) throw new Error(`the case at ${this.#place} reads or writes something`)
    this.#checkRevisions()
    this.#checkAfter()
    return {
      title: this.#title,
      place: this.#place,
      source: `${this.#source.join('\n')}\n\n`,
      before: this.#before,
      parameters: this.#parameters,
      program: this.#program.join('\n'),
      outcome,
      reads: this.#reads,
      writes: this.#writes,
    }
  }

  #takeBefore(text: string): void {
    this.#reach('before')
    const { key, value, marks } = readEntry(text)
    if (value === null) throw new Error('null is absence: leave the line out')
    const [, version = '0', revision = '1'] = readMarks(marks, /^(?: \(version (\d+)(?:, revision (\d+))?\))?$/)
    add(this.#before, key, { value, version: Number(version), revision: Number(revision) })
  }

  #takeParameter(text: string): void {
    this.#reach('given')
    const [, name = '', value = ''] = /^\$(\w+) = (.*)$/s.exec(text) ?? []
    if (name === '') throw new Error('a parameter is given as "$name = value"')
    add(this.#parameters, name, parseValue(value, this.#start))
  }

  #takeOutcome(line: string): void {
    this.#reach('outcome')
    if (this.#outcome !== undefined) throw new Error('a case has one outcome')
    const [, verb = '', rest = ''] = /^(returns|aborts|fails:|does not compile:) (.*)$/.exec(expand(line)) ?? []
    if (line === 'commits' || line === 'does nothing') {
      this.#outcome = { type: 'committed', value: null }
      this.#effects = line === 'commits' ? 'some' : 'none'
    } else if (verb === 'returns') this.#outcome = { type: 'committed', value: parseValue(rest, this.#start) }
    else if (verb === 'aborts') this.#outcome = { type: 'aborted', value: parseValue(rest, this.#start) }
    else if (verb !== '') {
      this.#outcome = parseRefusal(verb === 'fails:' ? 'failed' : 'uncompiled', rest)
      this.#effects = 'none'
    } else throw new Error(`what kind of line is this? ${line}`)
  }

  #takeRead(text: string): void {
    this.#reach('reads')
    const { key, value, marks } = readEntry(text)
    readMarks(marks, /^$/)
    const last = [...this.#reads.keys()].at(-1)
    if (last !== undefined && Buffer.compare(Buffer.from(last), Buffer.from(key)) > 0) {
      throw new Error('reads are in the order of their keys')
    }
    add(this.#reads, key, value)
    const entry = this.#before.get(key)
    if (entry === undefined || formatValue(entry.value) !== formatValue(value)) {
      throw new Error('what is read is the value before')
    }
  }

  #takeAfter(text: string): void {
    this.#reach('after')
    if (this.#outcome?.type !== 'committed') throw new Error('only what commits has effects')
    if (text.startsWith('- ')) {
      const [key, rest] = readValue(text.slice(2))
      if (typeof key !== 'string' || rest !== '' || !this.#before.has(key)) throw new Error('no key that was there')
      add(this.#writes, key, { value: null, version: 0 })
      return
    }
    const isWritten = text.startsWith('+ ')
    const { key, value, marks } = readEntry(isWritten ? text.slice(2) : text)
    if (isWritten) {
      const [, version = '0'] = readMarks(marks, /^(?: \(version (\d+)\))?$/)
      if (value === null) throw new Error('null is absence: write - and the key')
      add(this.#writes, key, { value, version: Number(version) })
      return
    }
    readMarks(marks, /^$/)
    const entry = this.#before.get(key)
    if (entry === undefined || formatValue(entry.value) !== formatValue(value)) {
      throw new Error('what is neither written (+) nor deleted (-) is as before')
    }
    this.#untouched.add(key)
  }

  #reach(kind: Kind): void {
    if (ORDER.indexOf(kind) < ORDER.indexOf(this.#reached)) {
      throw new Error(`a line of this kind (${kind}) comes before those of ${this.#reached}`)
    }
    if (ORDER.indexOf(kind) > ORDER.indexOf('outcome') && this.#outcome === undefined) {
      throw new Error('the line before says what happens')
    }
    this.#reached = kind
  }

  /** Every revision up to the last has written something: there is no other way for a store to come to it. */
  #checkRevisions(): void {
    const found = new Set([...this.#before.values()].map(({ revision }) => revision))
    for (let revision = 1; revision <= found.size; revision += 1) {
      if (!found.has(revision))
        throw new Error(`the case at ${this.#place}: nothing was written at revision ${revision}`)
    }
  }

  #checkAfter(): void {
    if (this.#writes.size === 0 && this.#untouched.size > 0) {
      throw new Error(`the case at ${this.#place} writes nothing, so that "after" says nothing`)
    }
    if (this.#writes.size === 0) return
    for (const key of this.#before.keys()) {
      const count = Number(this.#writes.has(key)) + Number(this.#untouched.has(key))
      if (count !== 1)
        throw new Error(`the case at ${this.#place} must say once what becomes of ${JSON.stringify(key)}`)
    }
  }
}

function parseRefusal(type: 'uncompiled' | 'failed', text: string): Outcome {
  const pattern = /^([a-z_]+)(?: \((\w+)\))?(?: at line ([1-9]\d*), column ([1-9]\d*))?$/
  const [, code = '', limit, line, column] = pattern.exec(text) ?? []
  if (!isCode(code)) throw new Error('an error is a code, the name of a limit in parentheses, and its place')
  if ((code === 'limit_exceeded') !== (limit !== undefined))
    throw new Error('limit_exceeded, and only that, has a limit')
  if (limit !== undefined && !isLimit(limit)) throw new Error(`no limit is named ${limit}`)
  const position = line === undefined ? null : { line: Number(line), column: Number(column) }
  return { type, code, limit: limit ?? null, position }
}

function isCode(code: string): code is LanguageErrorCode {
  return Object.hasOwn(CODES, code)
}

function isLimit(name: string): name is Limit {
  return Object.hasOwn(limits, name)
}

/** `"key" = value`, and what follows. */
function readEntry(text: string): { readonly key: string; readonly value: Value; readonly marks: string } {
  const [key, rest] = readValue(text)
  if (typeof key !== 'string' || !rest.startsWith(' = ')) throw new Error('an entry is written as "key" = value')
  const [value, marks] = readValue(rest.slice(3))
  return { key, value, marks }
}

function readMarks(text: string, pattern: RegExp): readonly string[] {
  const marks = pattern.exec(text)
  if (marks === null) throw new Error(`nothing is meant by${text} here`)
  return marks
}

function add<T>(map: Map<string, T>, key: string, value: T): void {
  if (map.has(key)) throw new Error(`${JSON.stringify(key)} stands there already`)
  map.set(key, value)
}

function blaming(place: string, act: () => void): void {
  try {
    act()
  } catch (error) {
    throw new Error(`${place}: ${error instanceof Error ? error.message : String(error)}`)
  }
}
