import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { credentials, Metadata } from '@grpc/grpc-js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connect, type Database, DecreeError } from '../../client/index.ts'
import { KVClient, type Response } from '../../proto/gen/client.ts'
import { ProcessCluster } from '../support/cluster.ts'
import { CLIENT, run } from '../support/commands.ts'

/** Each must be refused before it changes anything. They try to change this key first. */
const KEY = 'kept'
const SPOIL = `put "${KEY}" "spoilt"; `

const PROGRAMS: readonly (readonly [what: string, text: string, code: string, sentence: string])[] = [
  [
    'with a mistake in its grammar',
    `${SPOIL}put "a" ;`,
    'syntax_error',
    'expected an expression, found ";" (line 1, column 30)',
  ],
  ['that ends too soon', `${SPOIL}get "a"`, 'syntax_error', 'found the end of the program (line 1, column 29)'],
  ['with a name that means nothing', `${SPOIL}put "a" nobody;`, 'unknown_name', 'nobody'],
  [
    'of more than 64 KiB',
    `${SPOIL}put "a" "${'x'.repeat(65_536)}";`,
    'limit_exceeded',
    'a program of 65568 bytes exceeds programBytesMax, which is 65536',
  ],
  [
    'with 10,000 brackets within each other',
    `${SPOIL}put "a" ${'('.repeat(10_000)}"x"${')'.repeat(10_000)};`,
    'limit_exceeded',
    'nesting 65 levels deep exceeds nestingMax, which is 64',
  ],
  [
    'with thousands of blocks within each other',
    `${SPOIL}${'if true { '.repeat(5_000)}${'}'.repeat(5_000)}`,
    'limit_exceeded',
    'nesting 65 levels deep exceeds nestingMax, which is 64',
  ],
  [
    'with 10,000 prefix operators in a row',
    `${SPOIL}put "a" ${'!'.repeat(10_000)}true;`,
    'limit_exceeded',
    'nesting 65 levels deep exceeds nestingMax, which is 64',
  ],
  ['with an empty key', `${SPOIL}put "" "x";`, 'invalid_key', 'a key must not be empty'],
  [
    'with a key of more than 1 KiB',
    `${SPOIL}put "${'k'.repeat(1_025)}" "x";`,
    'invalid_key',
    'a key must not exceed keyBytesMax, 1024 bytes; it has 1025',
  ],
  ['with U+0000 in a key', `${SPOIL}put "a\\u0000b" "x";`, 'invalid_key', 'a key must not contain U+0000'],
]

describe('a program that cannot be run', () => {
  let cluster: ProcessCluster
  let db: Database
  let directory: string
  let address = ''

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'decree-programs-'))
    cluster = await ProcessCluster.start(1)
    address = cluster.addresses[0] ?? ''
    db = await connect(address)
    await db.put(KEY, 'whole')
  })

  afterAll(async () => {
    await db.close()
    await cluster.stop()
    rmSync(directory, { recursive: true })
  })

  it.each(PROGRAMS)('(%s) fails with its code and a sentence, and changes nothing', async (_, text, code, sentence) => {
    const file = join(directory, 'program')
    writeFileSync(file, text)
    const ask = (...args: readonly string[]) => run(CLIENT, ['--server-ip', address, '--file', file, ...args])
    const [plain, json, lattistore] = await Promise.all([ask(), ask('--json'), execute(address, text)])
    expect({ status: plain.status, stdout: plain.stdout }).toEqual({ status: 1, stdout: '' })
    // The sentence; where its place is known, the line of the program and a caret.
    expect(plain.stderr).toMatch(/^error: [^\n]+\n([^\n]{1,120}\n *\^\n)?$/)
    expect(plain.stderr).toContain(sentence)
    expect({ status: json.status, stderr: json.stderr }).toEqual({ status: 1, stderr: '' })
    expect(JSON.parse(json.stdout)).toMatchObject({
      status: 'error',
      code,
      outcome: 'none',
      message: expect.stringContaining(sentence),
    })
    expect(lattistore.result).toMatchObject({ $case: 'compileError', value: expect.stringContaining(sentence) })
    expect(await db.get(KEY)).toBe('whole')
  })

  const kib = (count: number) => 'x'.repeat(count * 1024)

  it.each<readonly [string, (db: Database) => Promise<unknown>, code: string, sentence: string]>([
    [
      'a value above 1 MiB',
      (db) => db.put(KEY, kib(1_025)),
      'limit_exceeded',
      'a value of 1049606 bytes exceeds valueBytesMax, which is 1048576',
    ],
    [
      'a value that grows above 1 MiB as the program runs',
      (db) => db.run(`${SPOIL}x = $v + $v; put "a" x + x;`, { v: kib(300) }),
      'limit_exceeded',
      'exceeds valueBytesMax, which is 1048576',
    ],
    [
      'parameters above 3 MiB',
      (db) => db.run(`${SPOIL}put "a" $v;`, { v: kib(3_100) }),
      'limit_exceeded',
      'exceeds parametersBytesMax, which is 3145728',
    ],
    [
      'what no message has room for',
      (db) => db.put(KEY, kib(9_000)),
      'limit_exceeded',
      'bytes; at most 7340032 can be sent',
    ],
    [
      'writes above 3.5 MiB',
      (db) => db.run(`${SPOIL}put "a" $v; put "b" $v; put "c" $v; put "d" $v;`, { v: kib(1_000) }),
      'limit_exceeded',
      'exceeds patchBytesMax, which is 3670016',
    ],
    ['an empty key', (db) => db.put('', 'x'), 'invalid_key', 'must not be empty'],
    [
      'a key of more than 1 KiB',
      (db) => db.put('ü'.repeat(600), 'x'),
      'invalid_key',
      'must not exceed keyBytesMax, 1024 bytes; it has 1200',
    ],
    ['U+0000 in a key', (db) => db.put('a\0b', 'x'), 'invalid_key', 'must not contain U+0000'],
    [
      'a key that is no text',
      (db) => db.run(`${SPOIL}put $k "x";`, { k: 5 }),
      'invalid_key',
      'must be a string, not int',
    ],
    [
      'lists 10,000 deep',
      (db) => db.put(KEY, nested(10_000)),
      'limit_exceeded',
      'nested deeper than 31 lists and maps',
    ],
    ['a parameter that is missing', (db) => db.run(`${SPOIL}put "a" $v;`), 'missing_parameter', '$v'],
    ['a parameter that is not used', (db) => db.run(SPOIL, { v: 1 }), 'unknown_parameter', '$v'],
  ])('(%s) is refused with its bound, and changes nothing', async (_, call, code, sentence) => {
    const error: unknown = await call(db).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(DecreeError)
    expect(error).toMatchObject({ code, outcome: 'none', message: expect.stringContaining(sentence) })
    expect(await db.get(KEY)).toBe('whole')
    expect(cluster.strays).toEqual([])
  })
})

function nested(depth: number): readonly [] {
  let value: readonly unknown[] = []
  for (let level = 1; level < depth; level += 1) value = [value]
  return value as readonly []
}

let lastId = 0n

/** Runs the program by LattiStore's contract. */
function execute(address: string, body: string): Promise<Response> {
  const client = new KVClient(address, credentials.createInsecure())
  lastId += 1n
  return new Promise((resolve, reject) => {
    client.execute({ id: lastId, timeout: 5_000n, body }, new Metadata(), (error, response) => {
      client.close()
      if (error === null) resolve(response)
      else reject(error)
    })
  })
}
