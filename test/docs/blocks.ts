import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The top of the project, with a slash behind it. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/** A page of the documentation. */
export interface Page {
  /** From the top of the project. */
  readonly path: string
  readonly text: string
  readonly blocks: readonly Block[]
}

/** A fenced block of a page, or a table. */
export interface Block {
  readonly page: string
  /** Of its fence or its head, from 1. */
  readonly line: number
  /** The line of the heading of the first or second level above it. */
  readonly section: number
  /** What stands behind the fence: a language, or nothing. A table: `table`. */
  readonly language: string
  /** What stands behind the language: a name for a file, or what the block is. */
  readonly note: string
  readonly text: string
}

/** README.md and all of docs/. */
export function pages(): readonly Page[] {
  const names = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.md'),
  )
  return ['README.md', ...names.map((name) => join('docs', name)).sort()].map(readPage)
}

export function readPage(path: string): Page {
  const text = readFileSync(join(ROOT, path), 'utf8')
  return { path: relative(ROOT, join(ROOT, path)), text, blocks: blocksOf(path, text) }
}

/** Of a page's text. */
export function blocksOf(page: string, text: string): readonly Block[] {
  const blocks: Block[] = []
  let section = 1
  let open: { readonly line: number; readonly info: string; readonly lines: string[] } | null = null
  for (const [index, line] of text.split('\n').entries()) {
    const fence = /^```(.*)$/.exec(line)
    if (fence === null && open !== null) open.lines.push(line)
    else if (fence === null) {
      if (/^##? /.test(line)) section = index + 1
      const above = blocks.at(-1)
      if (!line.startsWith('|')) continue
      if (above?.language === 'table' && above.line + above.text.split('\n').length === index + 1) {
        blocks[blocks.length - 1] = { ...above, text: `${above.text}\n${line}` }
      } else blocks.push({ page, line: index + 1, section, language: 'table', note: '', text: line })
    } else if (open === null) open = { line: index + 1, info: (fence[1] ?? '').trim(), lines: [] }
    else {
      const [language = '', ...note] = open.info.split(' ')
      blocks.push({ page, line: open.line, section, language, note: note.join(' '), text: open.lines.join('\n') })
      open = null
    }
  }
  if (open !== null) throw new Error(`${page}: the block that begins on line ${open.line} does not end`)
  return blocks
}

/** Rows of the tables below a heading, each cell trimmed, without heads and rules. */
export function tableRows({ path, text }: Page, heading: string): readonly (readonly string[])[] {
  const lines = text.split('\n')
  const start = lines.findIndex((line) => /^#+ /.test(line) && line.replace(/^#+ /, '') === heading)
  if (start < 0) throw new Error(`${path} has no heading "${heading}"`)
  const length = lines.slice(start + 1).findIndex((line) => /^#+ /.test(line))
  const section = lines.slice(start + 1, length < 0 ? undefined : start + 1 + length)
  const rows = section.map((line, index) => ({ line, next: section[index + 1] ?? '' }))
  return rows
    .filter(({ line, next }) => line.startsWith('|') && !/^\|[\s:|-]+$/.test(line) && !/^\|[\s:|-]+$/.test(next))
    .map(({ line }) => cellsOf(line))
}

/** The cells of a row of a table, trimmed. */
export function cellsOf(row: string): readonly string[] {
  return row
    .slice(1, row.lastIndexOf('|'))
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim())
}
