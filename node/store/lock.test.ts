import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { lockDirectory } from './lock.ts'

const UNUSABLE = { name: 'StoreError', code: 'unusable' }

describe('the lock of a directory', () => {
  let directory: string

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'decree-lock-'))
  })

  afterEach(() => rmSync(directory, { recursive: true }))

  it('is refused with a sentence where there is no directory', async () => {
    await expect(lockDirectory(join(directory, 'absent'))).rejects.toMatchObject(UNUSABLE)
  })

  it('is given back twice without harm, and then free', async () => {
    const unlock = await lockDirectory(directory)
    await unlock()
    await unlock()
    await (await lockDirectory(directory))()
  })

  it.runIf(process.platform === 'linux')('leaves nothing behind when it cannot be taken', async () => {
    // Named like a lock, but neither alive nor to be removed.
    mkdirSync(join(directory, 'held-by-1-x'))
    const open = () => readdirSync('/proc/self/fd').length
    const openBefore = open()
    await expect(lockDirectory(directory)).rejects.toMatchObject(UNUSABLE)
    expect(readdirSync(directory)).toEqual(['held-by-1-x'])
    expect(open()).toBe(openBefore)
  })
})
