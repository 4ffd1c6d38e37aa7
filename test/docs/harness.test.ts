import { describe, expect, it } from 'vitest'
import { readPage, tableRows } from './blocks.ts'
import { carryOut, commandsOf } from './shell.ts'
import { Stage, withAddresses } from './stage.ts'
import { isTranscript, transcriptOf, withoutPrompts } from './transcript.ts'

const OWN = ['127.9.9.1:40001', '127.9.9.2:40002', '127.9.9.3:40003']

function block(text: string) {
  return { page: 'x.md', line: 1, language: '', note: '', text }
}

describe('what reads the pages', () => {
  it('puts its own addresses in place of those shown, and leaves other things alone', () => {
    expect(withAddresses('--my-ip 127.0.0.1 --node-ips 10.0.0.2,127.0.0.3:50051', OWN)).toBe(
      '--my-ip 127.9.9.1:40001 --node-ips 127.9.9.2:40002,127.9.9.3:40003',
    )
    const others = './data/127.0.0.1-50051 127.0.0.1:50061 127.0.0.10 127.0.0.1.5'
    expect(withAddresses(others, OWN)).toBe(others)
  })

  it('takes transcripts apart, as they are shown and as they are printed', () => {
    const shown = block('> put "a" "1";\n. get "a";\n.\nsending request...\nresult: {}')
    expect(isTranscript(shown)).toBe(true)
    expect(transcriptOf(shown)).toEqual({
      input: 'put "a" "1";\nget "a";\n\n',
      output: ['sending request...', 'result: {}'],
    })
    expect(withoutPrompts('> . . sending request...\nresult: {}\n> ')).toEqual(['sending request...', 'result: {}'])
  })

  it('finds commands and the rows of tables', () => {
    expect(commandsOf(block('# first\nnpm test\n\nnpm run x -- \\\n  --y'))).toEqual([
      'npm test',
      'npm run x --    --y',
    ])
    const page = {
      path: 'x.md',
      blocks: [],
      text: '## A\n\n| h |\n|---|\n| `a\\|b` | 1 |\n\n## B\n\n| h |\n|---|\n| c |',
    }
    expect(tableRows(page, 'A')).toEqual([['`a\\|b`', '1']])
    expect(() => tableRows(page, 'C')).toThrow('x.md has no heading "C"')
  })

  it('does not end before a page does', () => {
    expect(readPage('README.md').blocks.length).toBeGreaterThan(5)
  })
})

describe('what carries commands out', () => {
  it('refuses what it does not know, scripts that are not there, options that they do not have, and what fails', async () => {
    const stage = await Stage.open(1)
    const cwd = stage.folder(readPage('README.md'))
    try {
      const given = (command: string) => carryOut(command, stage, cwd)
      await expect(given('rm -rf /')).rejects.toThrow('does not know how to run')
      await expect(given('npm run nothing')).rejects.toThrow('no script "nothing"')
      await expect(given('npm start -- --wings')).rejects.toThrow('--wings')
      await expect(given('npx vitest run test/nowhere')).rejects.toThrow('test/nowhere')
      await expect(given("npm run client -- --server-ip 127.0.0.1 -e 'put'")).rejects.toThrow('expected')
      await expect(given('npm run server -- --my-ip 127.0.0.1')).rejects.toThrow('node-ips')
      await expect(given('grpcurl -plaintext 127.0.0.1:50051 describe decree.v1.Shop')).rejects.toThrow('no service')
      await expect(given("pkill -9 -f 'my-ip 127.0.0.2'")).rejects.toThrow('whom')
      await given('npm run client -- --server-ip 127.0.0.1 -e \'get "a";\'')
    } finally {
      await stage.close()
    }
  })
})
