import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { ClientFrame, Program, Response } from '../proto/gen/decree/v1/store.ts'
import type { Dial } from './channel.ts'
import type { DecreeError } from './errors.ts'
import { Session } from './session.ts'
import { committed, failed, redirect } from './testing/fake-server.ts'

type Kind = NonNullable<Response['kind']>
type Answer = (kind: Kind) => void

/** What the server does with a request; not called for the one that opens the session. */
let serve: (request: ClientFrame['requests'][number], answer: Answer) => void
let frames: ClientFrame[]
let session: Session

const dial: Dial = () => ({
  open: (events) => ({
    write: (frame) => {
      frames.push(frame)
      for (const request of frame.requests) {
        const answer: Answer = (kind) => {
          const frame = { responses: [{ number: request.number, kind }] }
          setTimeout(() => events.received(frame), 1)
        }
        if (request.kind?.$case === 'open') answer({ $case: 'opened', value: { session: 7 } })
        else serve(request, answer)
      }
    },
    cancel: () => {},
  }),
  close: () => {},
})

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  frames = []
  session = new Session(
    ['server:1'],
    () => {},
    () => {},
    dial,
  )
  await vi.advanceTimersByTimeAsync(10)
})

afterEach(() => {
  session.close()
  vi.useRealTimers()
})

const PROGRAM: Program = { text: 'put "a" 1;', parameters: [] }

/** How a call ended, and when. */
function run(timeoutMs: number): Promise<{ readonly end: string; readonly atMs: number }> {
  const ended = (end: string) => ({ end, atMs: performance.now() })
  return session.execute(PROGRAM, true, { timeoutMs }).then(
    ({ $case }) => ended($case),
    ({ code, outcome }: DecreeError) => ended(`${code} ${outcome}`),
  )
}

test('calls for which it has become too late make room at once for those that come', async () => {
  // Answers take a second, and one call is refused: only sixteen may be on their way.
  serve = (_, answer) => setTimeout(() => answer(committed({})), 1_000)
  const first = Array.from({ length: 300 }, () => run(20_000))
  await vi.advanceTimersByTimeAsync(1_500)
  await Promise.all(first)
  serve = (_, answer) => answer(failed('overloaded', 'too much', false, 60_000))
  const refused = run(3_000)
  await vi.advanceTimersByTimeAsync(50)
  expect(await refused).toMatchObject({ end: 'overloaded none' })
  // Sixteen wait for more than half of their time, and then have to go elsewhere.
  const held: Answer[] = []
  serve = (_, answer) => held.push(answer)
  const late = Array.from({ length: 16 }, () => run(3_000))
  await vi.advanceTimersByTimeAsync(1_600)
  expect(held).toHaveLength(16)
  serve = (_, answer) => answer(committed({}))
  for (const answer of held) answer(redirect(''))
  await vi.advanceTimersByTimeAsync(5)
  const sentMs = performance.now()
  const next = run(60_000)
  await vi.advanceTimersByTimeAsync(3_000)
  const { end, atMs } = await next
  expect(end).toBe('committed')
  expect(atMs - sentMs).toBeLessThan(200)
  for (const { end } of await Promise.all(late)) expect(end).toMatch(/^(committed|overloaded none)$/)
})

test('nothing above a call of unknown outcome is settled, whatever is answered meanwhile', async () => {
  let programs = 0
  serve = (request, answer) => {
    // Neither the first one nor the question about it is answered, and the last of many is under way.
    if (request.kind?.$case === 'program' && ++programs > 1 && programs < 1_500) answer(committed({}))
  }
  const unanswered = run(500)
  for (let n = 1; n < 1_500; n += 1) {
    void run(20_000)
    if (n % 300 === 0) await vi.advanceTimersByTimeAsync(5)
  }
  await vi.advanceTimersByTimeAsync(1_000)
  expect(await unanswered).toMatchObject({ end: 'timeout unknown' })
  const asked = frames.findIndex(({ requests }) => requests.some(({ kind }) => kind?.$case === 'outcome'))
  expect(asked).toBeGreaterThan(0)
  void run(20_000)
  await vi.advanceTimersByTimeAsync(5)
  expect(new Set(frames.slice(1).map(({ acked }) => acked))).toEqual(new Set([2]))
})
