import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { lackOfRoom, prepareDirectory, refuseFull } from './directory.ts'
import { StoreError } from './errors.ts'

describe('a directory for data', () => {
  let parent: string

  beforeEach(() => {
    parent = mkdtempSync(join(tmpdir(), 'decree-directory-'))
  })

  afterEach(() => rmSync(parent, { recursive: true }))

  it('is made with its parents, and left as it is when it is there', () => {
    const path = join(parent, 'a/b/c')
    prepareDirectory(path)
    prepareDirectory(path)
    expect(existsSync(path)).toBe(true)
  })

  it('is refused at once where nothing can be made', () => {
    for (const path of ['/proc/decree', '/proc/decree/data', '/dev/null/data']) {
      if (process.platform !== 'linux' && !path.startsWith('/dev')) continue
      expect(() => prepareDirectory(path)).toThrow(StoreError)
    }
  })

  it('is looked at for room, of which no trace is left', () => {
    refuseFull(parent)
    expect(readdirSync(parent)).toEqual([])
    expect(() => refuseFull(join(parent, 'absent'))).toThrow(/has no room for 256 KiB: ENOENT/)
  })

  it('is said to lack room only where it does', () => {
    expect(lackOfRoom(parent)).toBe('')
    expect(lackOfRoom(join(parent, 'absent'))).toBe('')
    // A file system without any.
    if (existsSync('/proc/self'))
      expect(lackOfRoom('/proc')).toMatch(/^, with 0 KiB left on its file system; make room/)
  })
})
