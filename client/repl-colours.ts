import { cursorTo, type Interface, moveCursor } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { highlight, type Look } from '../lang/highlight.ts'

/** What `tty.WriteStream` adds to a stream, where it is one. */
interface Terminal {
  readonly columns?: number
  readonly rows?: number
  hasColors?(): boolean
}

/**
 * Whether the stream goes to a terminal that shows colours and that nobody wants plain: Node heeds NO_COLOR, TERM=dumb
 * and their like.
 */
export function showsColours(output: Writable & Terminal): boolean {
  return output.hasColors?.() ?? false
}

/** The text with the colours of its language; it takes the same cells. `from`: shown from there on. */
export function coloured(text: string, from = 0): string {
  let shown = ''
  let at = from
  for (const { start, end, look } of highlight(text)) {
    if (end <= from) continue
    const begin = Math.max(start, from)
    const code = COLOURS[look]
    const piece = text.slice(begin, end)
    shown += text.slice(at, begin) + (code === '' ? piece : `\x1b[${code}m${piece}\x1b[0m`)
    at = end
  }
  return shown + text.slice(at)
}

/** Graphic renditions of the sixteen colours that every terminal has, in the user's own palette. */
const COLOURS: Readonly<Record<Look, string>> = {
  keyword: '34',
  constant: '35',
  function: '36',
  name: '',
  parameter: '33',
  string: '32',
  number: '35',
  sign: '',
  comment: '90',
  wrong: '31',
}

/**
 * Colours the line that is being typed. node:readline draws it plain and has no hook for more, so after each turn of
 * keys the same characters are written over it in colours: nothing moves, and a line that is not reached in time just
 * stays plain. The cursor is put away and taken out again by the terminal. Only documented parts of readline are used.
 */
export class LineColours {
  readonly #reader: Interface
  readonly #input: Readable
  readonly #output: Writable & Terminal
  readonly #before: () => string | null
  #timer: NodeJS.Immediate | undefined
  readonly #onKey = () => this.schedule()
  readonly #onKeyFirst = (_text: unknown, key?: { readonly name?: string }) => {
    // Afterwards the line is gone.
    if (this.#timer !== undefined && (key?.name === 'return' || key?.name === 'enter')) this.#draw()
  }

  /** `before`: the lines above that belong to the same program, each with its end; null: no line is being asked for. */
  constructor(reader: Interface, input: Readable, output: Writable & Terminal, before: () => string | null) {
    this.#reader = reader
    this.#input = input
    this.#output = output
    this.#before = before
    input.prependListener('keypress', this.#onKeyFirst)
    input.on('keypress', this.#onKey)
    output.on('resize', this.#onKey)
  }

  /** Colours the line at the end of this turn of the event loop: pasted text comes in one. */
  schedule(): void {
    this.#timer ??= setImmediate(() => this.#draw())
  }

  close(): void {
    this.#input.off('keypress', this.#onKeyFirst)
    this.#input.off('keypress', this.#onKey)
    this.#output.off('resize', this.#onKey)
    clearImmediate(this.#timer)
  }

  #draw(): void {
    clearImmediate(this.#timer)
    this.#timer = undefined
    const before = this.#before()
    const { line } = this.#reader
    const prompt = this.#reader.getPrompt()
    if (before === null || line === '' || !this.#hasRoom(prompt + line)) return
    const text = before + line
    // Dot commands are no programs.
    const shown = before === '' && line.startsWith('.') ? line : coloured(text, before.length)
    const { rows } = this.#reader.getCursorPos()
    const output = this.#output
    output.cork()
    output.write(SAVE)
    moveCursor(output, 0, -rows)
    cursorTo(output, 0)
    output.write(prompt + shown + RESTORE)
    output.uncork()
  }

  /** Where the line begins can only be reached while it is on the screen. Too much is reckoned rather than too little. */
  #hasRoom(text: string): boolean {
    const { columns = 80, rows = 24 } = this.#output
    let cells = 0
    for (const character of text) cells += character === '\t' ? 8 : character < '\u1100' ? 1 : 2
    return cells < columns * (rows - 1)
  }
}

/** The cursor's place, kept and restored by the terminal (DECSC, DECRC). */
const SAVE = '\x1b7'
const RESTORE = '\x1b8'
