import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join, normalize } from 'node:path'
import { describe, expect, it } from 'vitest'
import { DecreeError, ERROR_CODES } from '../../client/errors.ts'
import { builtins } from '../../lang/builtins/index.ts'
import { costs } from '../../lang/limits.ts'
import { reservedWords } from '../../lang/words.ts'
import { type Page, pages, ROOT, readPage, tableRows } from './blocks.ts'
import { examplesOf, isExampleTable } from './examples.ts'
import { SCRIPTS } from './shell.ts'
import { LIMIT_TABLES, settingRows } from './tables.ts'

const PAGES = pages()
const ROOMS = ['lang', 'node', 'client', 'proto', 'test', 'bench', 'docs', 'spec', '.ci']
/** What is made by the build and the tests, and what users make. */
const MADE = /^(data|dist|node_modules)\b/

const FILES = new Set(
  ROOMS.flatMap((room) => readdirSync(join(ROOT, room), { recursive: true, encoding: 'utf8' })).map((name) =>
    basename(name),
  ),
)

describe.each(PAGES.map((page) => [page.path, page] as const))('%s', (_path, page) => {
  it('links to what is there', () => {
    const broken = links(page).filter(({ path, anchor }) => {
      const target = path === '' ? page.path : normalize(join(dirname(page.path), path))
      if (!existsSync(join(ROOT, target))) return true
      return anchor !== '' && !anchors(target).includes(anchor)
    })
    expect(broken).toEqual([])
  })

  it('names files and scripts that exist', () => {
    const words = inlineCode(page)
    const paths = words.filter((word) => ROOMS.some((room) => word.startsWith(`${room}/`)) && !/[<*…]/.test(word))
    expect(paths.filter((path) => !MADE.test(path) && !existsSync(join(ROOT, path)))).toEqual([])
    const names = words.filter((word) => /^[\w-]+\.(ts|proto|qnt|mjs|txt)$/.test(word))
    expect(names.filter((name) => !FILES.has(name))).toEqual([])
    const scripts = words.flatMap((word) => /^npm run (?:--silent )?([\w-]+)/.exec(word)?.[1] ?? [])
    expect(scripts.filter((script) => !(script in SCRIPTS))).toEqual([])
  })
})

describe('the reference', () => {
  it('has every setting as the table of settings has it', () => {
    const rows = tableRows(readPage('docs/reference/settings.md'), 'Settings of a server')
    expect(rows.map((row) => row.slice(0, 6))).toEqual(settingRows())
    for (const row of rows) expect(row[6]).not.toBe('')
  })

  it('has every error code, in order, and says truly whether it is retryable', () => {
    const rows = tableRows(readPage('docs/reference/errors.md'), 'Errors')
    expect(rows.map(([code, , , retryable]) => [code, retryable])).toEqual(
      ERROR_CODES.map((code) => [`\`${code}\``, new DecreeError(code, '').retryable ? 'yes' : 'no']),
    )
  })

  it.each(Object.entries(LIMIT_TABLES))('has every limit: %s', (heading, limits) => {
    const rows = tableRows(readPage('docs/reference/limits.md'), heading)
    expect(rows.map(([name, bound]) => [name, bound])).toEqual(limits)
    for (const [, , why] of rows) expect(why).not.toBe('')
  })
})

describe('the reference of the language', () => {
  const page = readPage('docs/reference/language.md')
  const examples = page.blocks.filter(isExampleTable).flatMap(examplesOf)
  const programs = page.blocks.filter(({ language }) => language === 'decree')
  const code = [...examples, ...programs].map(({ text }) => text).join('\n')

  it.each([...builtins.values()].map(({ name, signature }) => [name, signature]))('has %s', (name, signature) => {
    expect(page.text).toContain(`\`${signature}\``)
    expect(examples.map(({ text }) => text).filter((text) => text.includes(`${name}(`))).not.toEqual([])
  })

  it('has an example of every reserved word, and names them all', () => {
    const words = [...reservedWords]
    expect(words.filter((word) => !new RegExp(`\\b${word}\\b`).test(code))).toEqual([])
    expect(words.filter((word) => !page.text.includes(`\`${word}\``))).toEqual([])
  })

  it('names all bounds', () => {
    const rows = tableRows(page, 'Limits')
      .map((row) => row[1] ?? '')
      .join('; ')
    const bounds = LIMIT_TABLES['Programs and values']?.map(([name, bound]) =>
      name === '`keyBytesMax`' ? '1,024' : bound,
    )
    expect(bounds?.filter((bound) => !rows.includes(bound))).toEqual([])
  })

  it('tells what costs how much', () => {
    const rows = tableRows(page, 'Cost').map(([what = '', cost]) => [cost, /\d+ bytes/.exec(what)?.[0]])
    const units = Object.entries(costs).map(([name, n]) =>
      name.endsWith('PerUnit') ? ['1', `${n} bytes`] : [`${n}`, undefined],
    )
    expect(rows).toEqual(units)
  })
})

describe('docs/operating.md', () => {
  const rows = tableRows(readPage('docs/operating.md'), 'Logs')
  const explained = rows.flatMap(([line = '']) => [...line.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? ''))

  it('explains every line that a node logs at info or above', () => {
    const logged = sources('node', /^local\.ts$/).flatMap((source) =>
      LOGGED.flatMap((pattern) => [...source.matchAll(pattern)].map((match) => match[1] ?? '')),
    )
    expect(logged.length).toBeGreaterThan(10)
    const isExplained = (message: string) => explained.some((line) => line.startsWith(message))
    expect(logged.filter((message) => !isExplained(message))).toEqual([])
  })

  it('explains no line that none logs', () => {
    const all = sources('node').join('\n')
    const parts = explained.flatMap((line) => line.split('…').map((part) => part.trim().replace(/SIGTERM$/, '')))
    expect(parts.filter((part) => !all.includes(part))).toEqual([])
  })
})

/** Sentences for the log, as the source calls for them: behind the fields, and where a node ends itself. */
const LOGGED = [/(?:[lL]og\.(?:info|warn|error|fatal)|\btell)\([^,()]*(?:\{[^}]*\})?, '([^']+)'/g, /#fail\('([^']+)'/g]

/** Without tests, and without files of the names `except`. */
function sources(room: string, except = /^$/): readonly string[] {
  return readdirSync(join(ROOT, room), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !/\.test\.ts$|testing/.test(name) && !except.test(name))
    .map((name) => readFileSync(join(ROOT, room, name), 'utf8'))
}

/** What stands in the text, outside of blocks. */
function prose({ text }: Page): string {
  return text.replace(/^```[\s\S]*?^```$/gm, '')
}

function links(page: Page): readonly { readonly path: string; readonly anchor: string }[] {
  return [...prose(page).matchAll(/\]\(([^)]+)\)/g)]
    .map((match) => match[1] ?? '')
    .filter((target) => !/^https?:/.test(target))
    .map((target) => ({ path: target.split('#')[0] ?? '', anchor: target.split('#')[1] ?? '' }))
}

function inlineCode(page: Page): readonly string[] {
  return [...prose(page).matchAll(/`([^`]+)`/g)].map((match) => (match[1] ?? '').replace(/\s+/g, ' '))
}

/** Of the headings, as they are made of their words. */
function anchors(path: string): readonly string[] {
  return [...readFileSync(join(ROOT, path), 'utf8').matchAll(/^#+ (.*)$/gm)].map((match) =>
    (match[1] ?? '')
      .toLowerCase()
      .replace(/[^\w\s-]/g, '')
      .replaceAll(' ', '-'),
  )
}
