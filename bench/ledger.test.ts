import { describe, expect, test } from 'vitest'
import { Ledger } from './ledger.ts'

describe('the ledger', () => {
  test('agrees with a history in which each transaction saw the one before, told in any order', () => {
    const ledger = new Ledger(2)
    ledger.wrote(5, 0, 1, 3)
    ledger.wrote(4, 1, 0, 2)
    ledger.read(4, 1, 2)
    ledger.wrote(3, 0, 0, 1)
    ledger.read(4, 0, 1)
    ledger.check()
    ledger.wrote(6, 0, 3, 4)
    ledger.check()
    ledger.checkHeld(0, 4)
    ledger.checkHeld(1, 2)
  })

  test('finds a write that was lost', () => {
    const ledger = new Ledger(1)
    ledger.wrote(3, 0, 0, 1)
    ledger.wrote(4, 0, 0, 2)
    expect(() => ledger.check()).toThrow('Key 0 held value 0 at revision 4, but 1 was the last one written to it.')
  })

  test('finds a write that was done twice', () => {
    const ledger = new Ledger(1)
    ledger.wrote(3, 0, 0, 1)
    ledger.wrote(4, 0, 1, 2)
    ledger.wrote(6, 0, 1, 3)
    expect(() => ledger.check()).toThrow('Key 0 held value 1 at revision 6')
  })

  test('finds a stale read', () => {
    const ledger = new Ledger(1)
    ledger.wrote(3, 0, 0, 1)
    ledger.read(3, 0, 0)
    expect(() => ledger.check()).toThrow('Key 0 held value 0 at revision 3')
  })

  test('finds a revision that was given twice', () => {
    const ledger = new Ledger(2)
    ledger.wrote(3, 0, 0, 1)
    ledger.wrote(3, 1, 0, 2)
    expect(() => ledger.check()).toThrow('Two transactions were told that they wrote revision 3.')
  })

  test('finds a last write that was lost', () => {
    const ledger = new Ledger(1)
    ledger.wrote(3, 0, 0, 1)
    ledger.check()
    expect(() => ledger.checkHeld(0, 0)).toThrow('Key 0 held value 0 in the end')
  })

  test('takes a write of unknown outcome to have happened once or never', () => {
    const ledger = new Ledger(2)
    ledger.maybeWrote(0, 1)
    ledger.maybeWrote(1, 2)
    ledger.wrote(4, 0, 1, 3)
    ledger.check()
    ledger.checkHeld(1, 0)
    ledger.wrote(6, 0, 1, 4)
    expect(() => ledger.check()).toThrow('Key 0 held value 1 at revision 6')
  })
})
