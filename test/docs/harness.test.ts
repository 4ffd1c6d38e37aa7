import { describe, expect, it } from 'vitest'
import { float } from '../../client/index.ts'
import { blocksOf, readPage, tableRows } from './blocks.ts'
import { examplesOf, isAsShown, isExampleTable, parametersOf, runExample } from './examples.ts'
import { carryOut, commandsOf } from './shell.ts'
import { Stage, withAddresses } from './stage.ts'
import { isTranscript, transcriptOf, withoutPrompts } from './transcript.ts'

const OWN = ['127.9.9.1:40001', '127.9.9.2:40002', '127.9.9.3:40003']

function block(text: string, language = '') {
  return { page: 'x.md', line: 1, section: 1, language, note: '', text }
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

  it('finds blocks and tables in their sections', () => {
    const text = '# A\n\n| h |\n|---|\n| 1 |\n\n## B\n### C\n```decree set x\nput "k" 1;\n```\n\n| h |\n|---|'
    expect(blocksOf('x.md', text)).toEqual([
      { page: 'x.md', line: 3, section: 1, language: 'table', note: '', text: '| h |\n|---|\n| 1 |' },
      { page: 'x.md', line: 9, section: 7, language: 'decree', note: 'set x', text: 'put "k" 1;' },
      { page: 'x.md', line: 13, section: 7, language: 'table', note: '', text: '| h |\n|---|' },
    ])
  })

  it('finds examples in tables that say what things give', () => {
    const expressions = block('| expression | gives | |\n|---|---|---|\n| `true \\|\\| x` | `[1]` | why |', 'table')
    expect(isExampleTable(expressions)).toBe(true)
    expect(examplesOf(expressions)).toEqual([{ line: 3, text: 'return true || x;', expected: '[1]' }])
    const programs = block(
      '| SQL | Decree | gives |\n|---|---|---|\n| `DO` | `put "a" 1;`<br>`get "a";` | |\n| `NO` | `a` word | |',
      'table',
    )
    expect(examplesOf(programs)).toEqual([{ line: 3, text: 'put "a" 1;\nget "a";', expected: 'null' }])
    expect(() => examplesOf(block('| expression | gives |\n|---|---|\n| words | |', 'table'))).toThrow('line 3')
    expect(isExampleTable(block('| what | gives |\n|---|---|', 'table'))).toBe(false)
  })

  it('finds parameters in the comments above a program', () => {
    const text = '// $a = "x, $y", $b = [1, 2.5]\n// $c = null\nput $a $b; // $d = 1'
    expect(parametersOf(text)).toEqual({ a: 'x, $y', b: [1n, float(2.5)], c: null })
    expect(parametersOf('// a comment\n// $a = 1')).toEqual({})
  })

  it('compares what is shown, but for what differs each time', () => {
    expect(isAsShown('value: {"until": …}', 'value: {"until": 17}')).toBe(true)
    expect(isAsShown('value: {"until": …}', 'value: {"until": 17}]')).toBe(false)
    expect(isAsShown('a.c (…)', 'abc (1)')).toBe(false)
    expect(isAsShown('…', '')).toBe(false)
  })

  it('does not end before a page does', () => {
    expect(readPage('README.md').blocks.length).toBeGreaterThan(5)
  })
})

describe('what carries commands out', () => {
  it('runs programs, tells what came of them, and clears up', async () => {
    const stage = await Stage.open(1)
    try {
      const given = (text: string) => runExample(stage.session, text)
      expect(await given('// $v = [1, 2.0]\nput "k" $v; return get "k";')).toEqual({
        status: 'committed',
        lines: ['value: [1, 2.0]'],
        brief: '[1, 2.0]',
      })
      expect(await given('abort get "k";')).toEqual({
        status: 'aborted',
        lines: ['result: {"k": [1, 2.0]}', 'aborted: [1, 2.0]'],
        brief: 'aborted: [1, 2.0]',
      })
      expect(await given('put "k";')).toMatchObject({ status: 'failed', brief: 'syntax_error' })
      await stage.clear()
      expect(await given('return len(scan "");')).toMatchObject({ brief: '0' })
    } finally {
      await stage.close()
    }
  })

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
