import { expect, test } from 'vitest'
import { parseAddresses } from './address.ts'

test('addresses may be separated by commas or spaces, and lack the port', () => {
  expect(parseAddresses(['127.0.0.1,127.0.0.2:7', 'node-3.example 127.0.0.1'])).toEqual([
    '127.0.0.1:50051',
    '127.0.0.2:7',
    'node-3.example:50051',
  ])
})

test('IPv6 addresses take brackets when they have a port', () => {
  expect(parseAddresses(['::1', '[fe80::1]:7'])).toEqual(['[::1]:50051', '[fe80::1]:7'])
})

test.each(['a:b', '127.0.0.1:0', '127.0.0.1:65536', 'http://x', ''])('%j is no address', (text) => {
  expect(() => parseAddresses([text])).toThrow(expect.objectContaining({ code: 'invalid_argument' }))
})
