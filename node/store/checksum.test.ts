import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type Checksum, checksum, slowChecksum } from './checksum.ts'

const bytes = (text: string): Uint8Array => Buffer.from(text)

it.each<[string, Checksum]>([
  ['of this version of Node', checksum],
  ['of our own', slowChecksum],
])('the checksum %s is CRC-32', (_, sum) => {
  expect(sum(bytes('123456789'), 0)).toBe(0xcbf43926)
  expect(sum(bytes('6789'), sum(bytes('12345'), 0))).toBe(0xcbf43926)
  expect(sum(bytes(''), 17)).toBe(17)
})

it('both are the same', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.nat(2 ** 31 - 1), (data, before) => {
      expect(slowChecksum(data, before)).toBe(checksum(data, before))
    }),
  )
})
