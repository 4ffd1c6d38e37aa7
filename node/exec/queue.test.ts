import { describe, expect, test } from 'vitest'
import { type WaitingWork, WorkQueue } from './queue.ts'
import { WaitingRoom } from './room.ts'

function queue(): { queue: WorkQueue; push: (session: string, number: number, deadlineMs?: number) => void } {
  const room = new WaitingRoom(1_000_000, 1_000_000)
  const made = new WorkQueue(room)
  const push = (session: string, number: number, deadlineMs = 1_000): void => {
    if (!room.enter(session, 1)) throw new Error('no room')
    const kind = { type: 'open' } as const
    const request = { session, number, acked: 0, deadlineMs, kind }
    made.push({ request, respond: () => undefined, program: null, parsed: null, bytes: 1 })
  }
  return { queue: made, push }
}

const nameOf = (item: WaitingWork | undefined) =>
  item === undefined ? 'nothing' : `${item.request.session}${item.request.number}`

function drain(from: WorkQueue): readonly string[] {
  return Array.from({ length: from.length }, () => nameOf(from.removeFirst()))
}

describe('requests that wait', () => {
  test('are taken from their sessions in turns, and in order from each', () => {
    const { queue: waiting, push } = queue()
    for (const number of [1, 2, 3, 4]) push('a', number)
    for (const number of [1, 2]) push('b', number)
    push('c', 1)
    expect(drain(waiting)).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'a3', 'a4'])
    expect(nameOf(waiting.removeFirst())).toBe('nothing')
  })

  test('of a session that comes later wait for one of each other session only', () => {
    const { queue: waiting, push } = queue()
    for (let number = 1; number <= 5_000; number += 1) push('a', number)
    expect(nameOf(waiting.removeFirst())).toBe('a1')
    push('b', 1)
    expect(['a', 'b', 'c'].map((session) => waiting.ahead(session))).toEqual([5_000, 3, 2])
    expect([1, 2].map(() => nameOf(waiting.removeFirst()))).toEqual(['b1', 'a2'])
  })

  test('come first again when they are put back, also the last one', () => {
    const { queue: waiting, push } = queue()
    push('a', 1)
    push('a', 2)
    push('b', 1)
    const first = waiting.removeFirst()
    if (first !== undefined) waiting.putBack(first)
    expect(drain(waiting)).toEqual(['a1', 'b1', 'a2'])
    push('c', 1)
    const last = waiting.removeFirst()
    push('d', 1)
    if (last !== undefined) waiting.putBack(last)
    expect(drain(waiting)).toEqual(['c1', 'd1'])
  })

  test('are taken when their deadline is past; the others keep their order', () => {
    const { queue: waiting, push } = queue()
    push('a', 1, 10)
    push('a', 2, 30)
    push('b', 1, 20)
    push('a', 3, 10)
    push('c', 1, 30)
    expect(waiting.takeExpired(10)).toEqual([])
    expect(waiting.takeExpired(11).map(nameOf)).toEqual(['a1', 'a3'])
    expect(waiting.takeExpired(21).map(nameOf)).toEqual(['b1'])
    expect(drain(waiting)).toEqual(['a2', 'c1'])
  })

  test('are looked at for their deadlines the less often the more there are', () => {
    const { queue: waiting, push } = queue()
    for (let number = 1; number <= 10_000; number += 1) push('a', number, number)
    expect(waiting.takeExpired(2)).toHaveLength(1)
    expect(waiting.takeExpired(12)).toEqual([])
    expect(waiting.takeExpired(23)).toHaveLength(21)
  })

  test('leave their room as they are taken, by whatever way', () => {
    const room = new WaitingRoom(4, 100)
    const waiting = new WorkQueue(room)
    const fill = (): number => {
      let entered = 0
      for (const session of ['a', 'b', 'c', 'd', 'e']) {
        if (!room.enter(session, 1)) continue
        entered += 1
        const request = { session, number: 1, acked: 0, deadlineMs: 1, kind: { type: 'open' } } as const
        waiting.push({ request, respond: () => undefined, program: null, parsed: null, bytes: 1 })
      }
      return entered
    }
    expect([fill(), fill()]).toEqual([4, 0])
    expect(drain(waiting)).toHaveLength(4)
    expect(fill()).toBe(4)
    expect(waiting.takeExpired(2)).toHaveLength(4)
    expect(fill()).toBe(4)
    expect(waiting.takeAll()).toHaveLength(4)
    expect(fill()).toBe(4)
  })
})

describe('the room', () => {
  test('holds of one session as many as are free, so that others still find some', () => {
    const room = new WaitingRoom(100, 1_000_000)
    const enter = (session: string): number => {
      let count = 0
      while (room.enter(session, 1)) count += 1
      return count
    }
    expect(['a', 'b', 'c', 'd'].map(enter)).toEqual([50, 25, 13, 6])
    room.leave('a', 1)
    expect([enter('a'), enter('e')]).toEqual([0, 4])
  })

  test('holds of one session as many bytes as are free', () => {
    const room = new WaitingRoom(100, 1_000)
    expect([room.enter('a', 500), room.enter('a', 10), room.enter('b', 300), room.enter('c', 200)]).toEqual([
      true,
      false,
      true,
      true,
    ])
    expect(room.enter('d', 1)).toBe(false)
  })

  test('takes one request that is larger than it, alone', () => {
    const room = new WaitingRoom(100, 1_000)
    expect([room.enter('a', 5_000), room.enter('b', 1)]).toEqual([true, false])
    room.leave('a', 5_000)
    expect(room.enter('b', 1)).toBe(true)
  })
})
