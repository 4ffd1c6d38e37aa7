import { describe, expect, test } from 'vitest'
import { ANY, Ledger, NOTHING, UNREAD } from './ledger.ts'

let transaction = 0

function wrote(ledger: Ledger, revision: number, key: number, read: number, written: number): void {
  ledger.add(Float64Array.of(revision, ++transaction, key, read, written))
}

function read(ledger: Ledger, revision: number, key: number, number: number): void {
  wrote(ledger, revision, key, number, NOTHING)
}

describe('the ledger', () => {
  test('agrees with a history in which each transaction saw the one before, told in any order', () => {
    const ledger = new Ledger(2)
    wrote(ledger, 5, 0, 1, 3)
    wrote(ledger, 4, 1, 0, 2)
    read(ledger, 4, 1, 2)
    wrote(ledger, 3, 0, 0, 1)
    read(ledger, 4, 0, 1)
    ledger.check()
    wrote(ledger, 6, 0, 3, 4)
    ledger.check()
    ledger.checkHeld(0, 4)
    ledger.checkHeld(1, 2)
  })

  test('finds a write that was lost', () => {
    const ledger = new Ledger(1)
    wrote(ledger, 3, 0, 0, 1)
    wrote(ledger, 4, 0, 0, 2)
    expect(() => ledger.check()).toThrow('Key 0 held value 0 at revision 4, but 1 was the last one written to it.')
  })

  test('finds a write that was done twice', () => {
    const ledger = new Ledger(1)
    wrote(ledger, 3, 0, 0, 1)
    wrote(ledger, 4, 0, 1, 2)
    wrote(ledger, 6, 0, 1, 3)
    expect(() => ledger.check()).toThrow('Key 0 held value 1 at revision 6')
  })

  test('finds a stale read', () => {
    const ledger = new Ledger(1)
    wrote(ledger, 3, 0, 0, 1)
    read(ledger, 3, 0, 0)
    expect(() => ledger.check()).toThrow('Key 0 held value 0 at revision 3')
  })

  test('finds a revision that was given twice', () => {
    const ledger = new Ledger(2)
    wrote(ledger, 3, 0, 0, 1)
    wrote(ledger, 3, 1, 0, 2)
    expect(() => ledger.check()).toThrow('Two transactions were told that they wrote revision 3.')
  })

  test('lets one transaction write two keys', () => {
    const ledger = new Ledger(2, () => 100)
    ledger.add(Float64Array.of(3, 1, 0, 100, 90, 3, 1, 1, 100, 110))
    read(ledger, 3, 1, 110)
    ledger.check()
    ledger.checkHeld(0, 90)
  })

  test('finds a last write that was lost', () => {
    const ledger = new Ledger(1)
    wrote(ledger, 3, 0, 0, 1)
    ledger.check()
    expect(() => ledger.checkHeld(0, 0)).toThrow('Key 0 held value 0 in the end')
  })

  test('finds a lost write that had read nothing', () => {
    const ledger = new Ledger(1)
    wrote(ledger, 4, 0, UNREAD, 2)
    wrote(ledger, 3, 0, UNREAD, 1)
    ledger.check()
    expect(() => ledger.checkHeld(0, 1)).toThrow('Key 0 held value 1 in the end, but 2 was the last one')
  })

  test('takes a write of unknown outcome to have happened once or never', () => {
    const ledger = new Ledger(2)
    ledger.maybeWrote(0, 1)
    ledger.maybeWrote(1, 2)
    wrote(ledger, 4, 0, 1, 3)
    ledger.check()
    ledger.checkHeld(1, 0)
    wrote(ledger, 6, 0, 1, 4)
    expect(() => ledger.check()).toThrow('Key 0 held value 1 at revision 6')
  })

  test('takes a transfer of unknown outcome to have left any balance, once', () => {
    const ledger = new Ledger(1, () => 100)
    ledger.maybeWrote(0, ANY)
    read(ledger, 4, 0, 93)
    read(ledger, 5, 0, 93)
    ledger.check()
    expect(() => ledger.checkHeld(0, 92)).toThrow('Key 0 held value 92')
  })
})
