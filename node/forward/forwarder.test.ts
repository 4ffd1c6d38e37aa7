import { Server, ServerCredentials } from '@grpc/grpc-js'
import { afterEach, describe, expect, it } from 'vitest'
import type { NodeStatus } from '../api/status.ts'
import type { Request, Respond, Response } from '../exec/requests.ts'
import { LIMITS, SERVER_OPTIONS } from '../limits.ts'
import { Forwarder, type ForwardingNode } from './forwarder.ts'
import { serveForwarded } from './incoming.ts'

const DONE: Response = {
  type: 'committed',
  revision: 7,
  reads: new Map([['a', [1n, 2.5, new Map([['x', null]])]]]),
  value: Uint8Array.of(1, 2),
  complete: true,
}

const REQUEST: Request = {
  session: 's5',
  number: 12,
  acked: 9,
  deadlineMs: 10_000,
  kind: { type: 'program', text: 'put "a" $x;', parameters: new Map([['x', ['one', 2n]]]) },
}

/** A node that answers as the test says. */
class FakeNode implements ForwardingNode {
  readonly asked: { readonly request: Request; readonly respond: Respond }[] = []
  answer: (request: Request) => Response | null
  leader: { readonly address: string } | null = null
  stopping = false

  constructor(answer: (request: Request) => Response | null) {
    this.answer = answer
  }

  submit(request: Request, respond: Respond): void {
    this.asked.push({ request, respond })
    const response = this.answer(request)
    if (response !== null) respond(response)
  }

  status(): Promise<NodeStatus> {
    return Promise.reject(new Error('nobody asks'))
  }

  nowMs(): number {
    return performance.now()
  }
}

const ends: (() => void | Promise<void>)[] = []

/** A node that others pass requests on to. */
async function serve(node: FakeNode): Promise<{ readonly address: string; stop(): void; close(): void }> {
  const server = new Server(SERVER_OPTIONS)
  const served = serveForwarded(server, node)
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) => {
      if (error === null) resolve(bound)
      else reject(error)
    })
  })
  const stop = () => server.forceShutdown()
  ends.push(stop)
  return { address: `127.0.0.1:${port}`, stop, close: () => served.close() }
}

const redirect = (address: string | null, proposed = false): Response => ({
  type: 'redirect',
  leader: address === null ? null : { id: '000000000000000b', address },
  proposed,
})

function forwarder(follower: FakeNode): Forwarder {
  const made = new Forwarder(follower)
  ends.push(() => made.close())
  return made
}

const ask = (by: Forwarder, request: Partial<Request> = {}): Promise<Response> =>
  new Promise((resolve) => {
    by.submit({ ...REQUEST, deadlineMs: performance.now() + 5_000, ...request }, resolve)
  })

const untilAsked = async (node: FakeNode, times: number) => {
  await expect.poll(() => node.asked.length, { interval: 5, timeout: 5_000 }).toBe(times)
}

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

describe('a node that passes requests on', () => {
  it('gives the leader the very request, and the client the very answer', async () => {
    const leader = new FakeNode(() => DONE)
    const { address } = await serve(leader)
    const by = forwarder(new FakeNode(() => redirect(address)))
    expect(await ask(by)).toEqual(DONE)
    const { deadlineMs, ...rest } = leader.asked[0]?.request ?? REQUEST
    const { deadlineMs: _, ...sent } = REQUEST
    expect(rest).toEqual(sent)
    // What is left of its time.
    expect(deadlineMs - performance.now()).toBeGreaterThan(3_000)
    expect(deadlineMs - performance.now()).toBeLessThanOrEqual(5_001)
  })

  it.each<[string, Request['kind'], string, Response]>([
    ['a session that is opened', { type: 'open' }, '', { type: 'opened', session: 3 }],
    [
      'a question for an outcome',
      { type: 'outcome', number: 4 },
      's5',
      { type: 'failed', code: 'cancelled', message: 'never', outcome: 'none' },
    ],
    [
      'a request of a session of its own',
      { type: 'program', text: 'abort "no";', parameters: new Map() },
      'l77',
      { type: 'aborted', value: 'no', reads: new Map() },
    ],
  ])('passes on %s', async (_, kind, session, answer) => {
    const leader = new FakeNode(() => answer)
    const { address } = await serve(leader)
    expect(await ask(forwarder(new FakeNode(() => redirect(address))), { kind, session })).toEqual(answer)
    expect(leader.asked[0]?.request).toMatchObject({ kind, session })
  })

  it('answers by itself what it can', async () => {
    expect(await ask(forwarder(new FakeNode(() => DONE)))).toEqual(DONE)
  })

  it('never names a leader to its clients', async () => {
    expect(await ask(forwarder(new FakeNode(() => redirect(null))))).toEqual(redirect(null))
    expect(await ask(forwarder(new FakeNode(() => redirect('127.0.0.1:1', true))))).toEqual(redirect(null, true))
  })

  it('follows a redirect of the node that led before', async () => {
    const leader = new FakeNode(() => DONE)
    const { address } = await serve(leader)
    const before = await serve(new FakeNode(() => redirect(address)))
    expect(await ask(forwarder(new FakeNode(() => redirect(before.address))))).toEqual(DONE)
  })

  it('does not go round in circles', async () => {
    const nodes = [new FakeNode(() => null), new FakeNode(() => null)] as const
    const [one, other] = [await serve(nodes[0]), await serve(nodes[1])]
    nodes[0].answer = () => redirect(other.address)
    nodes[1].answer = () => redirect(one.address)
    expect(await ask(forwarder(new FakeNode(() => redirect(one.address))))).toEqual(redirect(null))
    expect(nodes[0].asked.length + nodes[1].asked.length).toBe(3)
  })

  it('says that a request may have been executed when the leader is gone after it was sent', async () => {
    const leader = new FakeNode(() => null)
    const served = await serve(leader)
    const answer = ask(forwarder(new FakeNode(() => redirect(served.address))))
    await untilAsked(leader, 1)
    served.stop()
    expect(await answer).toEqual(redirect(null, true))
  })

  it('says that a request was certainly not executed when there is no way to the leader', async () => {
    const served = await serve(new FakeNode(() => DONE))
    served.stop()
    expect(await ask(forwarder(new FakeNode(() => redirect(served.address))))).toEqual(redirect(null, false))
  })

  it('gives up a leader that is silent when another one leads', async () => {
    const silent = new FakeNode(() => null)
    const { address } = await serve(silent)
    const follower = new FakeNode(() => redirect(address))
    const answer = ask(forwarder(follower))
    await untilAsked(silent, 1)
    follower.leader = { address: '127.0.0.1:1' }
    expect(await answer).toEqual(redirect(null, true))
  })

  it('answers in the end, though the leader does not', async () => {
    const silent = new FakeNode(() => null)
    const { address } = await serve(silent)
    const follower = new FakeNode(() => redirect(address))
    follower.leader = { address }
    const answer = await ask(forwarder(follower), { deadlineMs: performance.now() + 50 })
    expect(answer).toMatchObject({ type: 'failed', code: 'timeout', outcome: 'unknown' })
  })

  it('holds a bounded number of requests, and refuses the others', async () => {
    const silent = new FakeNode(() => null)
    const { address } = await serve(silent)
    const by = forwarder(new FakeNode(() => redirect(address)))
    const held = Array.from({ length: LIMITS.forwardedRequestsMax }, () => ask(by))
    expect(await ask(by)).toMatchObject({ type: 'failed', code: 'overloaded', outcome: 'none' })
    await untilAsked(silent, LIMITS.forwardedRequestsMax)
    for (const { respond } of silent.asked.splice(0)) respond(DONE)
    expect(new Set((await Promise.all(held)).map(({ type }) => type))).toEqual(new Set(['committed']))
    silent.answer = () => DONE
    expect(await ask(by)).toEqual(DONE)
  })

  it('waits for what it has passed on before it ends', async () => {
    const leader = new FakeNode(() => null)
    const { address } = await serve(leader)
    const by = forwarder(new FakeNode(() => redirect(address)))
    const answer = ask(by)
    await untilAsked(leader, 1)
    const closed = by.close()
    leader.asked[0]?.respond(DONE)
    expect(await answer).toEqual(DONE)
    await closed
  })
})

describe('a node that requests are passed on to', () => {
  it('sends new ones elsewhere while it stops, and answers those that it has taken', async () => {
    const leader = new FakeNode(() => null)
    const served = await serve(leader)
    const by = forwarder(new FakeNode(() => redirect(served.address)))
    const taken = ask(by)
    await untilAsked(leader, 1)
    served.close()
    expect(await ask(by)).toEqual(redirect(null))
    leader.asked[0]?.respond(DONE)
    expect(await taken).toEqual(DONE)
  })

  it('refuses a program that it cannot read, and that one only', async () => {
    const leader = new FakeNode(() => DONE)
    const { address } = await serve(leader)
    const by = forwarder(new FakeNode(() => redirect(address)))
    const parameters = new Map([['x', Number.NaN]])
    const bad = await ask(by, { kind: { type: 'program', text: '', parameters } })
    expect(bad).toMatchObject({ type: 'failed', outcome: 'none' })
    expect(await ask(by)).toEqual(DONE)
  })
})
