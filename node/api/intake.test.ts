import { describe, expect, test, vi } from 'vitest'
import { LIMITS } from '../limits.ts'
import { Intake, requestUnits } from './intake.ts'

const until = (condition: () => void) => vi.waitFor(condition, { timeout: 10_000, interval: 2 })

/** Counts turns of the event loop, from now on until it is stopped. */
function countTurns(): { readonly now: () => number; readonly stop: () => void } {
  let turns = 0
  let isStopped = false
  const count = () => {
    turns += 1
    if (!isStopped) setImmediate(count)
  }
  setImmediate(count)
  return {
    now: () => turns,
    stop: () => {
      isStopped = true
    },
  }
}

describe('an intake', () => {
  test('has one client after the other go on, and each turn of the event loop read only so much', async () => {
    const intake = new Intake()
    const turns = countTurns()
    const read: { readonly who: string; readonly turn: number; readonly units: number }[] = []
    const client = (who: string, left: number) => {
      intake.add((units) => {
        const taken = Math.min(units, left)
        read.push({ who, turn: turns.now(), units: taken })
        if (taken < left) client(who, left - taken)
        return taken
      })
    }
    const piece = LIMITS.clientAtOnceBytesMax
    client('a', 20 * piece)
    client('b', 2 * piece)
    expect(read).toEqual([])
    await until(() => expect(read).toHaveLength(22))
    turns.stop()
    expect(
      read
        .slice(0, 6)
        .map(({ who }) => who)
        .join(''),
    ).toBe('ababaa')
    const byTurn = new Map<number, number>()
    for (const { turn, units } of read) byTurn.set(turn, (byTurn.get(turn) ?? 0) + units)
    expect(byTurn.size).toBe(Math.ceil((22 * piece) / LIMITS.clientTurnBytesMax))
    expect(Math.max(...byTurn.values())).toBe(LIMITS.clientTurnBytesMax)
  })

  test('ends a turn with a request that is larger than what a turn reads', async () => {
    const intake = new Intake()
    const turns = countTurns()
    const read: number[] = []
    for (let times = 0; times < 3; times++) {
      intake.add(() => {
        read.push(turns.now())
        return requestUnits(LIMITS.messageBytesMax)
      })
    }
    await until(() => expect(read).toHaveLength(3))
    turns.stop()
    expect(new Set(read).size).toBe(3)
  })

  test('goes on with what is added when it had ended', async () => {
    const intake = new Intake()
    for (let times = 0; times < 2; times++) {
      let units = 0
      intake.add((given) => {
        units = given
        return given
      })
      await until(() => expect(units).toBe(LIMITS.clientAtOnceBytesMax))
    }
  })
})
