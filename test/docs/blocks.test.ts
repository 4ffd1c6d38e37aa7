import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseSettings } from '../../node/settings.ts'
import { parseHistory } from '../check/history.ts'
import { type Block, type Page, pages } from './blocks.ts'
import { type Example, examplesOf, isAsShown, isExampleTable, runExample } from './examples.ts'
import { carryOut, commandsOf } from './shell.ts'
import { complaints, runSnippet, writeSnippet } from './snippets.ts'
import { CLIENT, runCommand, Stage } from './stage.ts'
import { isTranscript, transcriptOf, withoutPrompts } from './transcript.ts'

const PAGES = pages()
let stage: Stage

beforeAll(async () => {
  stage = await Stage.open()
  for (const page of PAGES) {
    for (const { note, text } of named(page)) writeFileSync(join(stage.folder(page), note), text)
  }
})

afterAll(() => stage?.close())

const SHOWING = PAGES.filter((page) => shown(page).length > 0)

describe.each(SHOWING.map((page) => [page.path, page] as const))('%s', (_path, page) => {
  beforeAll(() => stage.clear())

  it.each(shown(page).map((block) => [`line ${block.line}: ${block.language || 'prompt'}`, block] as const))(
    '%s',
    (_name, block) => show(page, block),
  )
})

it('the TypeScript of all pages passes the compiler', () => {
  const snippets = PAGES.flatMap((page) =>
    page.blocks.filter(({ language }) => language === 'ts').map((block) => writeSnippet(page, block, stage)),
  )
  expect(complaints(snippets)).toEqual([])
})

/** All but the tables that have no examples. */
function shown({ blocks }: Page): readonly Block[] {
  return blocks.filter((block) => block.language !== 'table' || isExampleTable(block))
}

/** Examples of a section find what those before them have left, and nothing else. */
let section = ''

async function show(page: Page, block: Block): Promise<void> {
  const isExample = ['decree', 'table'].includes(block.language)
  if (isExample && section !== `${page.path}:${block.section}`) {
    section = `${page.path}:${block.section}`
    await stage.clear()
  }
  switch (block.language) {
    case 'decree':
      return showProgram(page, block)
    case 'table':
      return showExamples(block)
    case 'sh':
      for (const command of commandsOf(block)) await carryOut(command, stage, stage.folder(page))
      return
    case 'ts':
      return showSnippet(page, block)
    case '':
      return showTranscript(page, block)
    case 'json':
      return showFile(block)
    case 'ini':
      return showUnit(block)
    case 'text':
      // What `ts` and `decree` give is compared there; the rest is for the reader's eye.
      return
    default:
      throw new Error(`${block.page}:${block.line}: a block of an unknown language, ${block.language}`)
  }
}

/** Without a result shown behind it the program must commit. */
async function showProgram(page: Page, block: Block): Promise<void> {
  const { status, lines } = await runExample(stage.session, block.text)
  const next = page.blocks[page.blocks.indexOf(block) + 1]
  if (next?.language !== 'text' || next.note !== 'result')
    return expect({ status, lines }).toMatchObject({ status: 'committed' })
  if (!isAsShown(next.text, lines.join('\n'))) expect(lines.join('\n')).toBe(next.text)
}

async function showExamples(block: Block): Promise<void> {
  const examples = examplesOf(block)
  const told = (brief: (example: Example) => string | null) =>
    examples.map((example) => `line ${example.line}: ${example.text} gives ${brief(example)}`)
  const given = new Map<Example, string>()
  for (const example of examples) {
    const { brief, lines } = await runExample(stage.session, example.text)
    const isSame = isAsShown(example.expected, brief)
    given.set(example, isSame ? example.expected : `${brief} (${lines.join('; ')})`)
  }
  expect(told((example) => given.get(example) ?? '')).toEqual(told(({ expected }) => expected))
}

async function showSnippet(page: Page, block: Block): Promise<void> {
  const { status, stdout, stderr } = await runSnippet(writeSnippet(page, block, stage), page, stage)
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  const next = page.blocks[page.blocks.indexOf(block) + 1]
  if (next?.language === 'text' && next.note === 'output') expect(stdout.trimEnd()).toBe(next.text)
}

async function showTranscript(page: Page, block: Block): Promise<void> {
  if (!isTranscript(block))
    throw new Error(`${block.page}:${block.line}: a block without a language is typed at the prompt`)
  const { input, output } = transcriptOf(block)
  const command = [process.execPath, CLIENT, '--repl', '--server-ip', stage.cluster.addresses.join()]
  const { status, stdout } = await runCommand(command, { cwd: stage.folder(page), input })
  expect(withoutPrompts(stdout)).toEqual(output)
  expect(status).toBe(0)
}

/** A file is read by whatever reads such files. */
function showFile({ note, text, page, line }: Block): void {
  if (note.endsWith('.jsonl')) expect(parseHistory(text).operations).not.toEqual([])
  else if (note.endsWith('.json')) settingsFrom(['--config', join(stage.folder(pageOf(page)), note)])
  else throw new Error(`${page}:${line}: which file is this?`)
}

/** A service's unit: its command and its environment are settings that a server takes. */
function showUnit({ text }: Block): void {
  const command = /^ExecStart=\S+\/node dist\/node\/main\.js (.*)$/m.exec(text)?.[1]
  const variables = [...text.matchAll(/^Environment=(\w+)=(.*)$/gm)].map((match) => [match[1], match[2]] as const)
  expect(command).toBeDefined()
  const { addresses } = parseSettings((command ?? '').split(' '), Object.fromEntries(variables))
  expect(addresses).toHaveLength(3)
}

function settingsFrom(args: readonly string[]): void {
  expect(parseSettings([...args, '--my-ip', '10.0.0.1']).addresses).toContain('10.0.0.1:50051')
}

/** Blocks that are files: those with a name behind their language. */
function named({ blocks }: Page): readonly Block[] {
  return blocks.filter(({ language, note }) => language === 'json' && note !== '')
}

function pageOf(path: string): Page {
  const page = PAGES.find((each) => each.path === path)
  if (page === undefined) throw new Error(`no page ${path}`)
  return page
}
