import { isUtf8 } from 'node:buffer'
import type { Value } from '../value.ts'
import { typeName } from '../values.ts'
import { type Call, define } from './call.ts'
import { formatFloat } from './number-text.ts'

const str = define('str(x)', 'the text of a string, number, bool or UTF-8 bytes', [1, 1], ([x = null], call) => {
  switch (typeof x) {
    case 'string':
      return x
    case 'bigint':
    case 'boolean':
      return String(x)
    case 'number':
      return formatFloat(x)
    default:
      return decoded(x, call)
  }
})

const bytes = define('bytes(s)', 's as UTF-8', [1, 1], ([s = null], call) => {
  const text = call.string(s, 's')
  call.weigh(text.length)
  call.build(Buffer.byteLength(text))
  return new TextEncoder().encode(text)
})

export const conversions = [str, bytes]

function decoded(x: Value, call: Call): string {
  if (!(x instanceof Uint8Array)) {
    const advice = x === null ? 'a ?? "" where a may be absent' : 'text(x) for its JSON text'
    throw call.typeError(`x must be a string, number, bool or bytes, not ${typeName(x)}; write ${advice}`)
  }
  call.build(x.byteLength)
  if (!isUtf8(x)) throw call.invalid('the bytes are no UTF-8')
  return Buffer.from(x.buffer, x.byteOffset, x.byteLength).toString('utf8')
}
