import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Value } from '../../lang/index.ts'
import { decodePatch } from '../store/index.ts'
import type { Request, Response, Result } from './requests.ts'
import { decodeResult } from './results.ts'
import { type Delivery, RivalNodes, recordedIn } from './testing/rival-nodes.ts'
import { compileToy } from './testing/toys.ts'

/**
 * Random interleavings of requests, retries, proposals, choices, elections, lost and resurrected decrees, rounds,
 * on nodes some of which lead without right. Then the history is compared with an execution one by one, in the
 * order of revisions.
 */

const NODES = 2
const KEYS = ['a', 'b', 'c'] as const

type Operation =
  | {
      readonly type: 'submit'
      readonly node: number
      readonly session: number
      readonly program: number
      readonly key: number
    }
  | { readonly type: 'retry'; readonly node: number; readonly which: number; readonly outcome: boolean }
  | { readonly type: 'elect' | 'usurp'; readonly node: number; readonly ghost: number }
  | { readonly type: 'merge'; readonly node: number; readonly count: number }
  | {
      readonly type: 'propose' | 'hear' | 'startRound' | 'hearRounds' | 'depose' | 'commit' | 'confirm'
      readonly node: number
    }
  | { readonly type: 'parsed'; readonly node: number; readonly isWell: boolean }
  | { readonly type: 'decide' | 'passRounds' }

const node = fc.nat(NODES - 1)
const small = fc.nat(9)

const submit = fc.record({
  type: fc.constant('submit'),
  node,
  session: small,
  program: fc.nat(14),
  key: fc.nat(2),
} as const)
const operation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 8, arbitrary: submit },
  {
    weight: 4,
    arbitrary: fc.record({ type: fc.constant('retry'), node, which: fc.nat(), outcome: fc.boolean() } as const),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constantFrom('elect', 'usurp'), node, ghost: fc.nat(3) } as const) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('merge'), node, count: fc.nat(3) } as const) },
  {
    weight: 4,
    arbitrary: fc.record({ type: fc.constantFrom('propose', 'hear', 'startRound', 'hearRounds'), node } as const),
  },
  { weight: 4, arbitrary: fc.record({ type: fc.constantFrom('commit', 'confirm'), node } as const) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('depose'), node } as const) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('parsed'), node, isWell: fc.boolean() } as const) },
  { weight: 4, arbitrary: fc.record({ type: fc.constantFrom('decide', 'passRounds') } as const) },
)

/** A request as its client sees it: sent until it is answered. */
interface Logical {
  readonly request: Request
  readonly text: string
  readonly token: string
  readonly deliveries: Delivery[]
}

function textOf(program: number, key: number, token: string): string {
  const [own, other] = [KEYS[key] ?? 'a', KEYS[(key + 1) % 3] ?? 'b']
  if (program < 4) return `get ${own}; get ${other}; append ${own} ${token}`
  if (program === 4) return `append ${own} ${token}; append ${other} ${token}`
  if (program === 5) return `get ${own}; abort no; put ${own} x`
  if (program === 6) return `get ${own}; put ${own} x; fail`
  if (program === 7) return `get a; append ${own} ${token}; large 400`
  if (program === 8) return `apart ${own}; get ${own}; append ${own} ${token}; keys`
  if (program === 9) return `keys; append ${other} ${token}`
  if (program === 10) return `apart ${token.slice(1, -1)}; append ${own} ${token}`
  return READ
}

const READ = 'get a; get b; get c'

/** A parser that died is no end either: the request can be sent again. */
const isFinal = (response: Response): boolean =>
  response.type !== 'redirect' && !(response.type === 'failed' && response.code === 'internal')

class Clients {
  readonly nodes = new RivalNodes(NODES)
  readonly sent: Logical[] = []
  readonly sessions: string[] = []
  readonly #numbers = new Map<string, number>()

  constructor() {
    this.nodes.elect(0, 0)
    const opens = [0, 1].map(() => this.nodes.submit(0, request('', 0, 0, { type: 'open' })))
    this.nodes.finish(0)
    for (const { responses } of opens)
      if (responses[0]?.type === 'opened') this.sessions.push(`s${responses[0].session}`)
    if (this.sessions.length !== opens.length) throw new Error('sessions were not opened')
  }

  do(operation: Operation): void {
    const { nodes } = this
    switch (operation.type) {
      case 'submit': {
        // Half of the requests are of opened sessions, half have sessions of their own.
        const session = this.sessions[operation.session] ?? `l${this.sent.length}`
        const number = (this.#numbers.get(session) ?? 0) + 1
        this.#numbers.set(session, number)
        const token = `<${this.sent.length}>`
        const text = textOf(operation.program, operation.key, token)
        const kind = { type: 'program', text, parameters: new Map<string, Value>() } as const
        this.sent.push({ request: request(session, number, 0, kind), text, token, deliveries: [] })
        this.#deliver(operation.node, this.sent.length - 1, false)
        return
      }
      case 'retry':
        if (this.sent.length > 0) this.#deliver(operation.node, operation.which % this.sent.length, operation.outcome)
        return
      case 'elect':
        return nodes.elect(operation.node, operation.ghost)
      // Another node leads and has answered a write before the old leader hears of it.
      case 'usurp':
        nodes.elect(operation.node, operation.ghost)
        this.do({ type: 'commit', node: operation.node })
        this.do({ type: 'submit', node: operation.node, session: 9, program: 0, key: 0 })
        return this.do({ type: 'commit', node: operation.node })
      case 'parsed':
        return nodes.parsed(operation.node, operation.isWell)
      case 'merge':
        return nodes.merge(operation.node, operation.count)
      case 'decide':
      case 'passRounds':
        return nodes[operation.type]()
      // What usually happens, in one piece, so that histories get somewhere.
      case 'commit':
        nodes.propose(operation.node)
        nodes.decide()
        return nodes.hear(operation.node)
      case 'confirm':
        nodes.startRound(operation.node)
        nodes.passRounds()
        return nodes.hearRounds(operation.node)
      case 'propose':
      case 'hear':
      case 'startRound':
      case 'hearRounds':
      case 'depose':
        return nodes[operation.type](operation.node)
      default:
        return operation satisfies never
    }
  }

  /** One last leader; every client tries again until it is answered. */
  end(): void {
    for (let index = 0; index < NODES; index++) this.nodes.depose(index)
    this.nodes.elect(0, 0)
    for (const [index, { deliveries }] of this.sent.entries()) {
      if (!deliveries.some(({ responses }) => responses.some(isFinal))) this.#deliver(0, index, false)
    }
    this.nodes.finish(0)
    for (let index = 0; index < NODES; index++) this.nodes.depose(index)
  }

  #deliver(to: number, index: number, outcome: boolean): void {
    const logical = this.sent[index]
    if (logical === undefined) return
    const { session, number, kind } = logical.request
    const asked = outcome ? ({ type: 'outcome', number } as const) : kind
    // Reads leave no record, so that nobody asks for their outcome.
    const isRead = logical.text === READ
    logical.deliveries.push(
      this.nodes.submit(to, request(session, number, this.#acked(session), isRead ? kind : asked)),
    )
  }

  /** All below it are answered. */
  #acked(session: string): number {
    const open = this.sent.filter(
      ({ request, deliveries }) =>
        request.session === session && !deliveries.some(({ responses }) => responses.some(isFinal)),
    )
    return Math.min(...open.map(({ request }) => request.number), (this.#numbers.get(session) ?? 0) + 1)
  }
}

function request(session: string, number: number, acked: number, kind: Request['kind']): Request {
  return { session, number, acked, kind, deadlineMs: 1_000 }
}

/** Executes one by one what the chosen decrees record, in the order of revisions; states by revision. */
function replay(clients: Clients): ReadonlyMap<string, string>[] {
  const { nodes, sent, sessions } = clients
  const texts = new Map(sent.map(({ request, text }) => [`${request.session}/${request.number}`, text]))
  const states: ReadonlyMap<string, string>[] = Array.from({ length: sessions.length + 1 }, () => new Map())
  for (const body of nodes.chosen) {
    const first = states.length - 1
    const { revision, entries } = decodePatch(body)
    const results = [...recordedIn(body)].map(([id, bytes]) => ({ id, result: decodeResult(bytes) }))
    const writes = results.filter(({ result }) => result.type === 'committed')
    writes.sort((one, other) => revisionOf(one.result) - revisionOf(other.result))
    for (const { id, result } of writes) {
      const before = states.at(-1) ?? new Map()
      expect(revisionOf(result)).toBe(states.length)
      const { state, outcome } = executeAlone(texts.get(id) ?? '', before)
      expect(result).toMatchObject({ reads: outcome.reads, value: outcome.value })
      states.push(state)
    }
    expect(states.length - 1).toBe(Math.max(revision, sessions.length))
    // What it says of the entries is what running its transactions gives.
    for (const [key, entry] of entries) expect(entry.value).toBe(states.at(-1)?.get(key))
    for (const { result } of results) {
      if (result.type !== 'aborted') continue
      expect(states.slice(first).some((state) => isReadOf(result.reads, state))).toBe(true)
    }
  }
  return states
}

function executeAlone(text: string, before: ReadonlyMap<string, string>) {
  const view = {
    revision: 0,
    get: (key: string) => (before.has(key) ? { value: before.get(key) ?? null, version: 0, revision: 0 } : undefined),
    scan: () => [...before].sort().map(([key, value]) => [key, { value, version: 0, revision: 0 }] as const),
  }
  const outcome = compileToy(text).run(view, new Map(), {})
  const state = new Map(before)
  for (const [key, { value }] of outcome.writes) state.set(key, String(value))
  return { state, outcome }
}

const revisionOf = (result: Result | Response): number => (result.type === 'committed' ? result.revision : 0)

function isReadOf(reads: ReadonlyMap<string, Value>, state: ReadonlyMap<string, string>): boolean {
  return [...reads].every(([key, value]) => state.get(key) === value)
}

function check(clients: Clients): void {
  const { nodes, sent, sessions } = clients
  const states = replay(clients)
  const recorded = new Map<string, Result>()
  for (const body of nodes.chosen) {
    for (const [id, bytes] of recordedIn(body)) {
      // A result is in one decree only.
      expect(recorded.has(id)).toBe(false)
      recorded.set(id, decodeResult(bytes))
    }
  }
  const end = [...(states.at(-1)?.values() ?? [])].join()
  for (const { request, text, token, deliveries } of sent) {
    const isRead = text === READ
    const own = recorded.get(`${request.session}/${request.number}`)
    for (const { responses, knownBefore } of deliveries) {
      expect(responses).toHaveLength(1)
      const [response] = responses
      if (response === undefined || !isFinal(response)) continue
      if (response.type === 'failed' && response.code === 'settled') {
        // Refused because an earlier answer was acknowledged.
        expect(sessions).toContain(request.session)
        expect(deliveries.some((other) => other.responses.some((one) => isFinal(one) && one !== response))).toBe(true)
        continue
      }
      if (!isRead) {
        expect(response).toEqual(own)
        continue
      }
      expect(response.type).toBe('committed')
      if (response.type !== 'committed') continue
      // Strictly: nothing that was answered before the read came is missing in it, and nothing unchosen is in it.
      expect(response.revision).toBeGreaterThanOrEqual(knownBefore)
      expect(response.reads).toEqual(new Map(states[response.revision]))
    }
    const hasRun = own?.type === 'committed' && text.includes('append')
    expect(KEYS.filter((key) => (states.at(-1)?.get(key) ?? '').includes(token)).length > 0).toBe(hasRun)
    const times = end.split(token).length - 1
    expect(times).toBe(hasRun ? text.split('append').length - 1 : 0)
    // Real time: a transaction that came after an answer is behind it in the order.
    if (hasRun && own !== undefined) {
      const first = Math.min(...deliveries.map(({ knownBefore }) => knownBefore))
      expect(revisionOf(own)).toBeGreaterThan(first)
    }
  }
}

test('every history is that of an execution one by one: each request at most once, each answer true', () => {
  fc.assert(
    fc.property(fc.array(operation, { minLength: 5, maxLength: 120, size: 'max' }), (operations) => {
      const clients = new Clients()
      for (const operation of operations) clients.do(operation)
      clients.end()
      check(clients)
    }),
    { numRuns: 1_000 },
  )
})
