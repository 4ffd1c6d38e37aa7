import { Writable } from 'node:stream'

interface Cell {
  readonly character: string
  /** The graphic rendition that it was written with, such as `34`; empty: plain. */
  readonly style: string
}

/**
 * A terminal, as far as node:readline needs one: characters with colours, the cursor's moves, erasing, keeping and
 * restoring the cursor. It throws on sequences that it does not know.
 */
export class Screen extends Writable {
  readonly isTTY = true
  readonly columns: number
  readonly rows: number
  readonly #cells: (Cell | undefined)[][] = [[]]
  readonly #hasColors: boolean
  #row = 0
  #column = 0
  #style = ''
  #saved: readonly [number, number] = [0, 0]

  constructor({ columns = 80, rows = 24, colours = true } = {}) {
    super({ decodeStrings: false })
    this.columns = columns
    this.rows = rows
    this.#hasColors = colours
  }

  hasColors(): boolean {
    return this.#hasColors
  }

  /** What stands in each line. */
  get lines(): readonly string[] {
    return this.#cells.map((cells) =>
      cellsOf(cells)
        .map(({ character }) => character)
        .join('')
        .trimEnd(),
    )
  }

  /** The coloured pieces of a line, in order, each as `style text`. */
  styles(row: number): readonly string[] {
    const pieces: { style: string; text: string }[] = []
    for (const { character, style } of cellsOf(this.#cells[row] ?? [])) {
      const last = pieces.at(-1)
      if (last?.style === style) last.text += character
      else pieces.push({ style, text: character })
    }
    return pieces.filter(({ style }) => style !== '').map(({ style, text }) => `${style} ${text}`)
  }

  get cursor(): readonly [row: number, column: number] {
    return [this.#row, this.#column]
  }

  override _write(chunk: string | Buffer, _encoding: BufferEncoding, done: () => void): void {
    const pieces = String(chunk).match(PIECES) ?? []
    for (const piece of pieces) this.#take(piece)
    done()
  }

  #take(piece: string): void {
    if (piece === '\n') {
      this.#row += 1
      this.#column = 0
    } else if (piece === '\r') this.#column = 0
    else if (piece === '\x1b7') this.#saved = [this.#row, this.#column]
    else if (piece === '\x1b8') [this.#row, this.#column] = this.#saved
    else if (piece.startsWith('\x1b')) this.#sequence(piece)
    else {
      if (this.#column === this.columns) this.#take('\n')
      const cells = this.#line(this.#row)
      cells[this.#column] = { character: piece, style: this.#style }
      this.#column += 1
    }
    this.#line(this.#row)
  }

  #sequence(sequence: string): void {
    const [, digits = '', letter] = SEQUENCE.exec(sequence) ?? []
    const count = digits === '' ? 1 : Number(digits)
    switch (letter) {
      case 'A':
        this.#row = Math.max(0, this.#row - count)
        return
      case 'B':
        this.#row += count
        return
      case 'C':
        this.#column = Math.min(this.columns - 1, this.#column + count)
        return
      case 'D':
        this.#column = Math.max(0, this.#column - count)
        return
      case 'G':
        this.#column = count - 1
        return
      case 'J':
        if (digits !== '0' && digits !== '') break
        this.#cells.length = this.#row + 1
        this.#line(this.#row).length = Math.min(this.#line(this.#row).length, this.#column)
        return
      case 'K':
        this.#line(this.#row).length = Math.min(this.#line(this.#row).length, this.#column)
        return
      case 'm':
        this.#style = digits === '0' ? '' : digits
        return
      default:
    }
    throw new Error(`the screen does not know ${JSON.stringify(sequence)}`)
  }

  #line(row: number): (Cell | undefined)[] {
    while (this.#cells.length <= row) this.#cells.push([])
    return this.#cells[row] ?? []
  }
}

function cellsOf(cells: readonly (Cell | undefined)[]): readonly Cell[] {
  return Array.from(cells, (cell) => cell ?? { character: ' ', style: '' })
}

const ESCAPE = '\\u001b'
const PIECES = new RegExp(`${ESCAPE}\\[[0-9;]*[A-Za-z]|${ESCAPE}[78]|[\\s\\S]`, 'gu')
const SEQUENCE = new RegExp(`^${ESCAPE}\\[([0-9;]*)([A-Za-z])$`)
