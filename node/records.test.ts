import { expect, test } from 'vitest'
import { Accepted as RecordAccepted, Decree as RecordDecree } from '../proto/gen/decree/v1/record.ts'
import { type Accepted, NO_BALLOT } from './core/types.ts'
import { ProtocolError } from './protocol-error.ts'
import {
  decodeAccepted,
  decodeBallot,
  decodeConfig,
  decodeDecree,
  encodeAccepted,
  encodeBallot,
  encodeDecree,
} from './records.ts'

const A = '000000000000000a'
const accepted: Accepted = {
  ballot: { counter: 9, node: A },
  slot: 4,
  origin: { counter: 2, node: A },
  decree: {
    header: {
      config: { cluster: 'c', version: 1, members: [{ id: A, address: '127.0.0.1:50051' }] },
      collectable: 3,
      count: 2,
    },
    body: Uint8Array.of(1, 2, 3),
  },
}

// Bytes that disks hold: whoever changes one of these must raise the format and keep reading the old one.
test('the records of an accepted decree are, to the byte, what they always were', () => {
  expect(Buffer.from(RecordAccepted.encode(encodeAccepted(accepted, true)).finish()).toString('hex')).toBe(
    '0a140809121030303030303030303030303030303061' + '1004' + '1a140802121030303030303030303030303030303061' + '2001',
  )
  expect(Buffer.from(RecordDecree.encode(encodeDecree(accepted.decree)).finish()).toString('hex')).toBe(
    '0a320801122a0a016310011a230a10303030303030303030303030303030' +
      '61120f3132372e302e302e313a3530303531180320021203010203' +
      '',
  )
})

test('an accepted decree comes out of its two records as it went in', () => {
  const decree = decodeDecree(RecordDecree.decode(RecordDecree.encode(encodeDecree(accepted.decree)).finish()))
  const record = RecordAccepted.decode(RecordAccepted.encode(encodeAccepted(accepted, true)).finish())
  expect(record.chosen).toBe(true)
  expect(decodeAccepted(record, decree)).toStrictEqual(accepted)
})

test('no ballot is a ballot, and a missing one is an error', () => {
  expect(decodeBallot(encodeBallot(NO_BALLOT))).toBe(NO_BALLOT)
  expect(() => decodeBallot(undefined)).toThrow(new ProtocolError('The ballot is missing.'))
  expect(() => decodeBallot({ counter: 0, node: A })).toThrow(ProtocolError)
  expect(() => decodeBallot({ counter: 1, node: '' })).toThrow(ProtocolError)
})

test.each([
  ['no cluster', { cluster: '', version: 1, members: [{ id: A, address: 'a:1' }] }],
  ['no version', { cluster: 'c', version: 0, members: [{ id: A, address: 'a:1' }] }],
  ['no members', { cluster: 'c', version: 1, members: [] }],
  ['a member without an address', { cluster: 'c', version: 1, members: [{ id: A, address: '' }] }],
  ['a member whose id is too short', { cluster: 'c', version: 1, members: [{ id: 'a', address: 'a:1' }] }],
])('a configuration with %s is an error', (_, config) => {
  expect(() => decodeConfig(config)).toThrow(ProtocolError)
})
