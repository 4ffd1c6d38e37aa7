import { PassThrough } from 'node:stream'
import { text as readAll } from 'node:stream/consumers'
import { afterEach, describe, expect, test } from 'vitest'
import { connectSession } from './connect.ts'
import { repl } from './repl.ts'
import { type Behaviour, committed, FakeServer, failed, programs, text } from './testing/fake-server.ts'

const open: (() => void)[] = []

afterEach(() => {
  for (const close of open.splice(0).reverse()) close()
})

/** What the REPL prints for the lines, against a server that behaves so. */
async function transcript(lines: readonly string[], behave?: Behaviour): Promise<string> {
  const server = await FakeServer.start(behave)
  open.push(() => server.stop())
  const session = await connectSession(server.address)
  open.push(() => session.close())
  const input = new PassThrough()
  const output = new PassThrough()
  input.end(lines.map((line) => `${line}\n`).join(''))
  await repl({ session, input, output, timeoutMs: 1_000 })
  output.end()
  return readAll(output)
}

describe('the REPL', () => {
  test('sends the lines up to an empty one, and prints what was read, in order', async () => {
    const sent: string[] = []
    const reads = { a: text('AAA'), b: text('BBB') }
    const shown = await transcript(
      ['a = get "a";', 'b = get "b";', 'put "c" a + b;', ''],
      programs(({ request, reply }) => {
        if (request.kind?.$case === 'program') sent.push(request.kind.value.text)
        reply(committed(reads))
      }),
    )
    expect(sent).toEqual(['a = get "a";\nb = get "b";\nput "c" a + b;'])
    expect(shown).toBe('> . . . sending request...\nresult: {"a": "AAA", "b": "BBB"}\n')
  })

  test('prints an empty result, and a value that is not null', async () => {
    expect(await transcript(['put "a" 1;', ''])).toBe('> . sending request...\nresult: {}\n')
    const returning = programs(({ reply }) => reply(committed({}, { kind: { $case: 'float', value: 4 } })))
    expect(await transcript(['return 4.0;', ''], returning)).toBe('> . sending request...\nresult: {}\nvalue: 4.0\n')
  })

  test('prints why a program was aborted', async () => {
    const aborting = programs(({ reply }) =>
      reply({ $case: 'aborted', value: { value: text('short'), reads: [{ key: 'a', value: text('1') }] } }),
    )
    expect(await transcript(['abort "short";', ''], aborting)).toBe(
      '> . sending request...\nresult: {"a": "1"}\naborted: "short"\n',
    )
  })

  test('draws a caret where the server did not, by code points', async () => {
    const wrong = programs(({ reply }) => {
      const value = {
        code: 'type_error',
        message: 'no',
        unknown: false,
        position: { line: 2, column: 5 },
        retryAfterMs: 0,
      }
      reply({ $case: 'failed', value })
    })
    expect(await transcript(['x = 1;', '\t"😀"+1;', ''], wrong)).toContain('error: no\n\t"😀"+1;\n\t   ^\n')
    const drawn = programs(({ reply }) => reply(failed('syntax_error', 'no\nget\n  ^')))
    expect(await transcript(['get', ''], drawn)).toContain('request...\nerror: no\nget\n  ^\n')
  })

  test('a program that fails is not the end', async () => {
    let count = 0
    const behave = programs(({ reply }) => reply(count++ === 0 ? failed('type_error', 'no') : committed({})))
    expect(await transcript(['a', '', 'b', ''], behave)).toBe(
      '> . sending request...\nerror: no\n> . sending request...\nresult: {}\n',
    )
  })

  test('a last program needs no empty line behind it when the input is no terminal', async () => {
    expect(await transcript(['put "a" 1;'])).toBe('> . sending request...\nresult: {}\n')
  })

  test('empty lines and unknown commands change nothing', async () => {
    expect(await transcript(['', '.nothing', ''])).toBe('> > .nothing is no command; .help lists them\n> ')
  })

  test('.quit ends it, whatever follows', async () => {
    expect(await transcript(['.quit', 'put "a" 1;', ''])).toBe('> ')
  })

  test('.time says how long each program took', async () => {
    expect(await transcript(['.time', 'put "a" 1;', ''])).toMatch(/result: {}\ntime: \d+\.\d ms\n/)
  })

  test('.help names every command and function, and tells what a word means', async () => {
    const help = await transcript(['.help'])
    for (const command of ['.help', '.status', '.explain', '.keys', '.time', '.quit'])
      expect(help).toContain(`\n${command}`)
    for (const word of ['abort value;', 'slice', '??']) expect(help).toContain(word)
    for (const line of help.split('\n')) expect(line.length).toBeLessThanOrEqual(100)
    expect(await transcript(['.help slice'])).toMatch(/^> slice\(x, from, to\?\): .+\n$/)
    expect(await transcript(['.help limit'])).toMatch(/^> scan prefix after key limit n: /)
    expect(await transcript(['.help .keys'])).toMatch(/^> \.keys \[prefix\]: /)
    expect(await transcript(['.help nonsense'])).toBe('> nonsense is no word of the language; .help lists them\n')
  })

  test('.status shows the servers', async () => {
    expect(await transcript(['.status'])).toMatch(/address +role +ballot/)
  })

  test('.explain explains what follows it, or the lines up to an empty one, and sends nothing', async () => {
    const sent: unknown[] = []
    const behave = programs(({ request, reply }) => {
      sent.push(request)
      reply(committed({}))
    })
    const shown = await transcript(['.explain get "a";', '.explain', 'put "b"', '1;', '', 'get "c";', ''], behave)
    expect(shown).toMatch(/^> kind: +only reads\nreads: +"a"\n/)
    expect(shown).toMatch(/an empty line ends it\n> \. \. kind: +can write\nwrites: +"b"\n/)
    expect(shown).toMatch(/> \. sending request\.\.\.\nresult: {}\n> $|> \. sending request\.\.\.\nresult: {}\n$/)
    expect(sent).toHaveLength(1)
    expect(await transcript(['.explain get;'])).toMatch(/^> error: .*\nget;\n {3}\^\n/)
  })

  test('.keys asks for keys that start with its prefix, and says when there are more', async () => {
    const asked: unknown[] = []
    const keys = Array.from({ length: 101 }, (_, index) => text(`k${index}`))
    const behave = programs(({ request, reply }) => {
      if (request.kind?.$case !== 'program') return
      asked.push(request.kind.value.parameters.map(({ value }) => value?.kind?.value))
      reply(committed({}, { kind: { $case: 'list', value: { items: asked.length > 1 ? [] : keys } } }))
    })
    const shown = await transcript(['.keys k', '.keys "x y"'], behave)
    expect(asked).toEqual([['k'], ['x y']])
    expect(shown).toContain('> "k0"\n"k1"\n')
    expect(shown).toContain('"k99"\n… and more\n> no key starts so\n')
    expect(shown).not.toContain('"k100"')
  })
})
