import { describe, expect, it } from 'vitest'
import { PeerMessage as WireMessage } from '../../proto/gen/decree/v1/peer.ts'
import { ProtocolError } from '../protocol-error.ts'
import { decodePeerMessage, encodePeerMessage } from './codec.ts'
import { trafficOf } from './traffic.ts'
import type { PeerMessage } from './transport.ts'

const [A, B] = ['000000000000000a', '000000000000000b']

const ping = (answer: { node: string; ms: number }[] | null): PeerMessage => ({
  type: 'ping',
  ping: { cluster: 'c', from: A, to: B, sentAtUs: 123_456_789, answer },
})

describe('a ping', () => {
  it.each([
    ['a question', ping(null)],
    ['an answer', ping([{ node: B, ms: 21.75 }])],
    ['an answer that knows nobody', ping([])],
  ])('travels as it is, beside the heartbeats: %s', (_, message) => {
    const bytes = WireMessage.encode(encodePeerMessage(message)).finish()
    expect(decodePeerMessage(WireMessage.decode(bytes))).toEqual(message)
    expect(trafficOf(message)).toBe('liveness')
  })

  it.each([
    ['a node that is none', [{ node: 'x', ms: 1 }]],
    ['a time that is none', [{ node: B, ms: Number.NaN }]],
    ['a time below nothing', [{ node: B, ms: -1 }]],
  ])('is refused with %s', (_, answer) => {
    expect(() => decodePeerMessage(encodePeerMessage(ping(answer)))).toThrow(ProtocolError)
  })
})
