import { expect, test } from 'vitest'
import { describe as line } from './log.ts'

const HEAD = { level: 30, time: 1, pid: 2, hostname: 'h' }

test('a line for people is a sentence with its fields', () => {
  expect(line({ ...HEAD, msg: 'listening', address: '127.0.0.1:50051', slots: 7, peers: ['a:1', 'b:2'] })).toBe(
    'listening  address=127.0.0.1:50051  slots=7  peers=a:1,b:2',
  )
})

test('values in which one would lose one’s way are quoted', () => {
  expect(line({ ...HEAD, msg: 'x', data: './my data', none: '', leader: null })).toBe(
    'x  data="./my data"  none=""  leader=null',
  )
})

test('a hash is known by its beginning', () => {
  expect(line({ ...HEAD, msg: 'x', cluster: 'ab'.repeat(32) })).toBe('x  cluster=abababababab…')
})

test('an error says why in the line, and where in the lines below', () => {
  const err = { type: 'Error', message: 'no space left', stack: 'Error: no space left\n    at f' }
  expect(line({ ...HEAD, msg: 'the disk failed', slot: 3, err })).toBe(
    'the disk failed: no space left  slot=3\nError: no space left\n    at f',
  )
})
