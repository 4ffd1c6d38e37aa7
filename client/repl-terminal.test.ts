import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { connectSession } from './connect.ts'
import { repl } from './repl.ts'
import { type Behaviour, committed, FakeServer, programs, text } from './testing/fake-server.ts'
import { Screen } from './testing/screen.ts'

const open: (() => void)[] = []
let history: string | undefined

beforeEach(() => {
  const directory = mkdtempSync(join(tmpdir(), 'decree-repl-'))
  open.push(() => rmSync(directory, { recursive: true }))
  history = process.env.DECREE_HISTORY
  process.env.DECREE_HISTORY = join(directory, 'history')
})

afterEach(() => {
  if (history === undefined) delete process.env.DECREE_HISTORY
  else process.env.DECREE_HISTORY = history
  for (const close of open.splice(0).reverse()) close()
})

/** Types at a REPL on a terminal. `until`: waits for something on the screen. */
async function start(options: ConstructorParameters<typeof Screen>[0] = {}, behave?: Behaviour) {
  const server = await FakeServer.start(behave)
  open.push(() => server.stop())
  const session = await connectSession(server.address)
  open.push(() => session.close())
  const screen = new Screen(options)
  const input = new PassThrough()
  const ended = repl({ session, input, output: screen, terminal: true, timeoutMs: 5_000 })
  const until = (check: () => void) => vi.waitFor(check, { timeout: 5_000, interval: 5 })
  await until(() => expect(screen.lines[0]).toBe('>'))
  const type = (keys: string) => input.write(keys)
  const shows = (line: string) => until(() => expect(screen.lines).toContain(line))
  const last = () => screen.lines.findLastIndex((line) => line !== '')
  const quit = () => {
    type('.quit\r')
    return ended
  }
  return { server, screen, type, until, shows, last, quit }
}

const LEFT = '\x1b[D'
const UP = '\x1b[A'
const CTRL_C = '\x03'

describe('the REPL on a terminal', () => {
  test('colours the line while it is typed, and leaves the cursor where it is', async () => {
    const { screen, type, until, quit } = await start()
    type('put "k" 1')
    await until(() => expect(screen.styles(0)).toEqual(['34 put', '32 "k"', '35 1']))
    expect(screen.lines[0]).toBe('> put "k" 1')
    expect(screen.cursor).toEqual([0, 11])
    type(`${LEFT}${LEFT}x`)
    await until(() => expect(screen.styles(0)).toEqual(['34 put', '32 "k"', '35 1']))
    await until(() => expect(screen.lines[0]).toBe('> put "k"x 1'))
    expect(screen.cursor).toEqual([0, 10])
    type('\x15')
    await until(() => expect(screen.lines[0]).toBe('>  1'))
    type('\x05\x15')
    await quit()
  })

  test('a string that is not closed has its colour, over the lines of a program', async () => {
    const { screen, type, until, quit } = await start()
    type('put "k" "a\r')
    type('b" 2')
    await until(() => expect(screen.styles(1)).toEqual(['32 b"', '35 2']))
    expect(screen.styles(0)).toEqual(['34 put', '32 "k"', '32 "a'])
    type(CTRL_C)
    await quit()
  })

  test('a line longer than the terminal is wide is coloured in place', async () => {
    const { screen, type, until, quit } = await start({ columns: 20, rows: 10 })
    const line = 'put "aaaaaaaaaaaaaaaaaaaaaaaaa" 12;'
    type(line)
    await until(() => expect(screen.styles(1)).toEqual(['32 aaaaaaaaaaaa"', '35 12']))
    expect(screen.lines.join('')).toBe(`> ${line}`)
    expect(screen.cursor).toEqual([1, 17])
    type('\x05\x15')
    await quit()
  })

  test('a line that fills the screen stays plain', async () => {
    const { screen, type, until, quit } = await start({ columns: 20, rows: 3 })
    type('put "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa')
    await until(() => expect(screen.lines.join('')).toHaveLength(67))
    type(LEFT)
    await until(() => expect(screen.cursor).toEqual([3, 6]))
    expect(screen.styles(3)).toEqual([])
    type('\x05\x15')
    await quit()
  })

  test('pasted lines are coloured before they are taken', async () => {
    const { screen, type, shows, quit } = await start()
    type('put "a" 1;\rput "b" 2;\r\r')
    await shows('result: {}')
    const row = screen.lines.indexOf('> put "a" 1;')
    expect(screen.styles(row)).toEqual(['34 put', '32 "a"', '35 1'])
    await quit()
  })

  test('a line from the history is coloured, a command is not', async () => {
    const { screen, type, until, last, shows, quit } = await start()
    type('get "a";\r\r')
    await shows('result: {}')
    type(UP)
    await until(() => expect(screen.styles(last())).toEqual(['34 get', '32 "a"']))
    type('\x15.explain get')
    await until(() => expect(screen.lines[last()]).toBe('> .explain get'))
    expect(screen.styles(last())).toEqual([])
    type('\x15')
    await quit()
  })

  test('a terminal without colours gets none', async () => {
    const { screen, type, shows, quit } = await start({ colours: false })
    type('put "a" 1;\r\r')
    await shows('result: {}')
    expect(screen.lines.flatMap((_, row) => screen.styles(row))).toEqual([])
    await quit()
  })

  test('Tab completes a function and shows its signature; the line is as it was', async () => {
    const { screen, type, until, last, quit } = await start()
    type('x = sli\t')
    await until(() => expect(screen.lines.some((line) => line.startsWith('slice(x, from, to?): '))).toBe(true))
    await until(() => expect(screen.lines[last()]).toBe('> x = slice('))
    await until(() => expect(screen.styles(last())).toContain('36 slice'))
    type('a, 1')
    await until(() => expect(screen.lines[last()]).toBe('> x = slice(a, 1'))
    type('\x05\x15')
    await quit()
  })

  test('Tab completes keys that were read or written, quoted and escaped', async () => {
    const reading = programs(({ reply }) => reply(committed({ 'user "1"': text('x') })))
    const { screen, type, until, last, shows, quit } = await start({}, reading)
    type('put "counter" 1;\r\r')
    await shows('result: {"user \\"1\\"": "x"}')
    type('get "us\t')
    await until(() => expect(screen.lines[last()]).toBe('> get "user \\"1\\""'))
    type('\x15put cou\t\x15put "cou\t')
    await until(() => expect(screen.lines[last()]).toBe('> put "counter"'))
    type('\x15')
    await quit()
  })
})
