import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encoded } from '../../proto/encode.ts'
import { PeerMessage as WireMessage } from '../../proto/gen/decree/v1/peer.ts'
import { Config as WireConfig } from '../../proto/gen/decree/v1/record.ts'
import type { MessageBody } from '../core/messages.ts'
import { type Ballot, type Config, type Decree, NO_BALLOT } from '../core/types.ts'
import { ProtocolError } from '../protocol-error.ts'
import { decodePeerMessage, encodePeerMessage } from './codec.ts'
import type { PeerMessage } from './transport.ts'

const nodeId = fc.bigInt({ min: 1n, max: (1n << 63n) - 1n }).map((n) => n.toString(16).padStart(16, '0'))
const count = fc.maxSafeNat()
const slot = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER })
const text = fc.string({ unit: 'binary' })
const cursor = fc.oneof(
  fc.constant(''),
  fc.tuple(fc.constantFrom('e', 's'), text).map(([table, key]) => table + key),
)
const bytes = fc.uint8Array({ maxLength: 100 })
const address = fc.string({ minLength: 1 })
const realBallot: fc.Arbitrary<Ballot> = fc.record({ counter: slot, node: nodeId })
const ballot: fc.Arbitrary<Ballot> = fc.oneof(fc.constant(NO_BALLOT), realBallot)
const members = fc
  .uniqueArray(fc.record({ id: nodeId, address }), { minLength: 1, maxLength: 5, selector: ({ id }) => id })
  .map((all) => all.sort((a, b) => (a.id < b.id ? -1 : 1)))
const config: fc.Arbitrary<Config> = fc.record({ cluster: fc.string({ minLength: 1 }), version: slot, members })
const uint32 = fc.nat({ max: 2 ** 32 - 1 })
const decree: fc.Arbitrary<Decree> = fc.record({
  header: fc.record({ config, collectable: count, count: uint32 }),
  body: bytes,
})
const accepted = fc.record({ ballot, slot, origin: ballot, decree })

/** One generator for each kind of message: a new kind does not compile until it has one. */
const bodies: { [Type in MessageBody['type']]: fc.Arbitrary<Extract<MessageBody, { type: Type }>> } = {
  prepare: fc.record({ type: fc.constant('prepare'), ballot }),
  promise: fc.record({
    type: fc.constant('promise'),
    ballot,
    accepted: fc.option(accepted),
    applied: count,
    complete: count,
    floor: count,
    config,
  }),
  accept: fc.record({ type: fc.constant('accept'), ballot, slot, origin: ballot, decree }),
  voted: fc.record({ type: fc.constant('voted'), ballot, slot }),
  missing: fc.record({ type: fc.constant('missing'), ballot, slot: count, complete: count }),
  refused: fc.record({ type: fc.constant('refused'), ballot, promised: ballot, acceptedSlot: count, config }),
  heartbeat: fc.record({ type: fc.constant('heartbeat'), ballot, chosen: count, round: count }),
  heartbeatAck: fc.record({ type: fc.constant('heartbeatAck'), ballot, round: count, complete: count, applied: count }),
  preVote: fc.record({
    type: fc.constant('preVote'),
    nonce: count,
    credentials: fc.record({ acceptedSlot: count, acceptedBallot: ballot, complete: count }),
  }),
  preVoteReply: fc.record({
    type: fc.constant('preVoteReply'),
    nonce: count,
    granted: fc.boolean(),
    promised: ballot,
  }),
  handoff: fc.record({ type: fc.constant('handoff'), ballot }),
  chosen: fc.record({ type: fc.constant('chosen'), slot, decree }),
  syncRequest: fc.record({
    type: fc.constant('syncRequest'),
    nonce: count,
    after: count,
    cursor,
    everything: fc.boolean(),
  }),
  syncEnd: fc.record({ type: fc.constant('syncEnd'), nonce: count, complete: count }),
  syncChunk: fc.record({
    type: fc.constant('syncChunk'),
    nonce: count,
    after: count,
    cursor,
    upTo: count,
    floor: count,
    chunk: bytes,
  }),
}

const form: fc.Arbitrary<PeerMessage> = fc.record({
  type: fc.constant('form'),
  form: fc.record({
    to: fc.option(nodeId),
    from: nodeId,
    address,
    addresses: fc.array(text),
    pledge: fc.option(config),
    formed: fc.option(config),
  }),
})

function ofCore(body: fc.Arbitrary<MessageBody>): fc.Arbitrary<PeerMessage> {
  const message = fc.record({ cluster: fc.string({ minLength: 1 }), from: nodeId, to: nodeId, body })
  return fc.record({ type: fc.constant('core'), message })
}

function overTheWire(message: PeerMessage): PeerMessage {
  return decodePeerMessage(WireMessage.decode(WireMessage.encode(encodePeerMessage(message)).finish()))
}

describe('a message comes out of the wire as it went in', () => {
  for (const [type, body] of Object.entries(bodies)) {
    test(type, () => {
      fc.assert(
        fc.property(ofCore(body), (message) => expectUnchanged(message)),
        { numRuns: 50 },
      )
    })
  }

  test('form', () => {
    fc.assert(fc.property(form, (message) => expectUnchanged(message)))
  })
})

/** `toEqual`, because the generators' objects have no prototype; `bytes` of both are plain `Uint8Array`s. */
function expectUnchanged(message: PeerMessage): void {
  expect(overTheWire(message)).toEqual(message)
}

const A = '000000000000000a'
const wire = (body: WireMessage['body'], rest: Partial<WireMessage> = {}): WireMessage => ({
  cluster: 'c',
  from: A,
  to: A,
  body,
  ...rest,
})
const good = { counter: 1, node: A }
const goodConfig = { cluster: 'c', version: 1, members: [{ id: A, address: '127.0.0.1:1' }] }
const header = { format: 1, config: Buffer.from(encoded(WireConfig, goodConfig)), collectable: 0, count: 0 }
const body = Buffer.alloc(0)

const syncRequest = (cursor: string): WireMessage =>
  wire({ $case: 'syncRequest', value: { nonce: 1, after: 0, cursor, everything: false } })

describe('refused with a sentence:', () => {
  const cases: readonly (readonly [string, WireMessage, RegExp])[] = [
    ['a message without a body', wire(undefined), /no body of a known kind\.$/],
    ['a sender that is no node id', wire(undefined, { from: 'me' }), /^The sender is "me", not 16 lower-case/],
    [
      'a message without a cluster',
      wire({ $case: 'handoff', value: { ballot: good } }, { cluster: '' }),
      /names no cluster/,
    ],
    [
      'a message without a receiver',
      wire({ $case: 'handoff', value: { ballot: good } }, { to: '' }),
      /^The receiver is ""/,
    ],
    ['a missing ballot', wire({ $case: 'prepare', value: { ballot: undefined } }), /^The ballot is missing\.$/],
    [
      'a ballot of a node with capital letters',
      wire({ $case: 'prepare', value: { ballot: { counter: 1, node: A.toUpperCase() } } }),
      /^The node of the ballot is "000000000000000A"/,
    ],
    ['a vote without a slot', wire({ $case: 'voted', value: { ballot: good, slot: 0 } }), /^The slot is missing\.$/],
    [
      'an accept without an origin',
      wire({ $case: 'accept', value: { ballot: good, slot: 1, origin: undefined, decree: { header, body } } }),
      /^The origin of the accepted decree is missing\.$/,
    ],
    ['a missing decree', wire({ $case: 'chosen', value: { slot: 1, decree: undefined } }), /^The decree is missing\.$/],
    [
      'a decree without a header',
      wire({ $case: 'chosen', value: { slot: 1, decree: { header: undefined, body } } }),
      /^The decree has no header\.$/,
    ],
    [
      'a decree of a newer format',
      wire({ $case: 'chosen', value: { slot: 1, decree: { header: { ...header, format: 2 }, body } } }),
      /^The decree has format 2; this software reads format 1\.$/,
    ],
    [
      'a decree without a configuration',
      wire({ $case: 'chosen', value: { slot: 1, decree: { header: { ...header, config: Buffer.alloc(0) }, body } } }),
      /^The configuration of the decree is missing\.$/,
    ],
    [
      'a decree whose configuration is none',
      wire({ $case: 'chosen', value: { slot: 1, decree: { header: { ...header, config: Buffer.from([7]) }, body } } }),
      /^The configuration of the decree cannot be read: /,
    ],
    [
      'a configuration with a member twice',
      wire({
        $case: 'refused',
        value: {
          ballot: good,
          promised: good,
          acceptedSlot: 0,
          config: { ...goodConfig, members: [...goodConfig.members, ...goodConfig.members] },
        },
      }),
      /members are sorted, each once\.$/,
    ],
    [
      'missing credentials',
      wire({ $case: 'preVote', value: { nonce: 1, credentials: undefined } }),
      /has no credentials\.$/,
    ],
    ['a request for a snapshot behind no row', syncRequest('zz'), /^The cursor is "zz", which begins with neither e/],
    [
      'a request for a snapshot behind a key that nobody has',
      syncRequest(`e${'k'.repeat(2_000)}`),
      /^The cursor has 2001 bytes; no key is as long\.$/,
    ],
    [
      'a piece of a snapshot that ends nowhere',
      wire({
        $case: 'syncChunk',
        value: { nonce: 1, after: 0, cursor: '\u00e9', upTo: 1, floor: 0, chunk: body },
      }),
      /^The cursor is "\u00e9"/,
    ],
  ]
  test.each(cases)('%s', (_, message, sentence) => {
    expect(() => decodePeerMessage(message)).toThrow(ProtocolError)
    expect(() => decodePeerMessage(message)).toThrow(sentence)
  })
})

test('fields that are not known are ignored', () => {
  const message: PeerMessage = {
    type: 'core',
    message: { cluster: 'c', from: A, to: A, body: { type: 'handoff', ballot: good } },
  }
  const known = WireMessage.encode(encodePeerMessage(message)).finish()
  // Field 1,000, wire type 2, three bytes.
  const unknown = Uint8Array.of(0xc2, 0x3e, 3, 1, 2, 3)
  expect(decodePeerMessage(WireMessage.decode(Buffer.concat([known, unknown])))).toStrictEqual(message)
})
