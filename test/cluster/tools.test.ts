import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { CLIENT, run } from '../support/commands.ts'

it('the client explains and formats without any server', async () => {
  const explained = await run(CLIENT, ['explain', '--json'], { input: 'put "a" get "b";' })
  expect(explained).toMatchObject({ status: 0, stderr: '' })
  expect(JSON.parse(explained.stdout)).toMatchObject({ reads: { keys: ['b'] }, writes: { keys: ['a'] } })
  expect(await run(CLIENT, ['format'], { input: 'get"a";' })).toMatchObject({ status: 0, stdout: 'get "a";\n' })
  expect(await run(CLIENT, ['format', '--write'])).toMatchObject({
    status: 2,
    stdout: '',
    stderr: '--write needs files.\n',
  })
})

it('the client sets files as they are best read, and checks that they are', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'decree-format-'))
  try {
    const file = join(directory, 'program')
    writeFileSync(file, 'if a==1{get"a";}a=1;')
    expect(await run(CLIENT, ['format', '--check', file])).toMatchObject({ status: 1 })
    expect(await run(CLIENT, ['format', '--write', file])).toMatchObject({ status: 0 })
    expect(readFileSync(file, 'utf8')).toBe('if a == 1 {\n  get "a";\n}\na = 1;\n')
    expect(await run(CLIENT, ['format', '--check', file])).toMatchObject({ status: 0, stdout: '' })
  } finally {
    rmSync(directory, { recursive: true })
  }
})
