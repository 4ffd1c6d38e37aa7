import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openLmdbStore } from './index.ts'
import { faultOf } from './lmdb-meta.ts'

describe('the first pages of a data file', () => {
  let directory: string
  let file: string
  let sound: Buffer

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'decree-meta-'))
    file = join(directory, 'data.mdb')
    const store = await openLmdbStore(directory)
    for (let counter = 1; counter <= 20; counter += 1) {
      await store.write([{ type: 'promised', ballot: { counter, node: '0123456789abcdef' } }])
      // As a crash at this moment would leave it.
      expect(look()).toBeNull()
    }
    await store.close()
    sound = readFileSync(file)
  })

  afterAll(() => rmSync(directory, { recursive: true }))

  function look(): string | null {
    const descriptor = openSync(file, 'r')
    try {
      return faultOf(descriptor)
    } finally {
      closeSync(descriptor)
    }
  }

  function lookAt(bytes: Buffer): string | null {
    writeFileSync(file, bytes)
    return look()
  }

  it('are sound when they were written by lmdb, at any time', () => {
    expect(lookAt(sound)).toBeNull()
    expect(lookAt(Buffer.alloc(0))).toBeNull()
  })

  const PLACES: readonly (readonly [what: string, at: number, length: number])[] = [
    ['the kind of the page', 18, 2],
    ['the mark', 24, 4],
    ['the version', 28, 4],
    ['the size of pages', 48, 4],
    ['the kind of the list of free pages', 52, 2],
    ['the number of the commit', 152, 8],
    ['the whole page', 0, 4096],
  ]

  // Each of these has been seen to end a process by a signal, or to make it go back to an older commit.
  it.each(PLACES)('are refused when %s is damaged in either of them', (_, at, length) => {
    for (const page of [0, 1]) {
      for (const damage of [Buffer.alloc(length), Buffer.alloc(length, 0xff), Buffer.alloc(length, 0xa5)]) {
        const bytes = Buffer.from(sound)
        damage.copy(bytes, page * 4096 + at)
        expect(lookAt(bytes)).toMatch(/destroyed|damaged|version|cut off/)
      }
    }
  })

  it('are refused when the newer one names pages that cannot be', () => {
    const newer = sound.readBigUInt64LE(152) > sound.readBigUInt64LE(4096 + 152) ? 0 : 4096
    const places = [
      [88, 0n],
      [88, 1_000_000n],
      [136, 1n],
      [136, BigInt(sound.length / 4096)],
      [144, 0n],
      [144, 2n ** 60n],
    ] as const
    for (const [at, value] of places) {
      const bytes = Buffer.from(sound)
      bytes.writeBigUInt64LE(value, newer + at)
      expect(lookAt(bytes)).toMatch(/damaged/)
    }
  })

  it('are refused when the file ends before what they name', () => {
    expect(lookAt(sound.subarray(0, 100))).toBe('is cut off: only 100 bytes are there')
    expect(lookAt(sound.subarray(0, 5_000))).toBe('is cut off: only 5000 bytes are there')
    expect(lookAt(sound.subarray(0, 8_192))).toMatch(/^is cut off: only 8192 bytes are there, and page \d+ is missing$/)
  })
})
