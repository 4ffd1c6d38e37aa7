import { expect, test } from 'vitest'
import { decodePatch } from '../store/index.ts'
import type { Response } from './requests.ts'
import { LoneCluster, type Sent } from './testing/lone-cluster.ts'

const T = 1_700_000_000_000

const told = ({ responses }: Sent): unknown =>
  responses.map((response: Response) => (response.type === 'committed' ? response.value : response))[0]

function cluster(): LoneCluster {
  const made = new LoneCluster().lead()
  made.wallClockMs = T
  return made
}

test('now is the time of the host when a program runs, and part of the time of its decree', () => {
  const one = cluster()
  const first = one.run('l1', 1, 'put a A; now')
  one.wallClockMs = T + 7
  const second = one.run('l2', 1, 'put a A; now')
  one.wallClockMs = T + 3
  one.propose()
  expect(decodePatch(one.inFlight ?? new Uint8Array()).timeMs).toBe(T + 7)
  one.choose()
  expect([told(first), told(second)]).toEqual([BigInt(T), BigInt(T + 7)])
})

test('now stays where it was while the clock is behind: in a batch, in the next, for reads, and after a merge', () => {
  const one = cluster()
  const sent: Sent[] = []
  const ask = (text: string) => {
    one.wallClockMs -= 1_000
    sent.push(one.run(`l${sent.length}`, 1, text))
  }
  one.wallClockMs = T + 1_000
  ask('put a A; now')
  ask('put a A; now')
  one.propose()
  ask('put a A; now')
  ask('now')
  one.choose()
  one.decree()
  one.confirm()
  ask('put a A; now')
  one.decree()
  expect(sent.map(told)).toEqual(sent.map(() => BigInt(T)))
  expect(one.view.timeMs).toBe(T)
})

test('now does not go back with a new leader, be the decree of the one before merged or proposed again', () => {
  for (const survives of [true, false]) {
    const one = cluster()
    one.run('l1', 1, 'put a A; now')
    one.decree()
    one.wallClockMs = T + 500
    one.run('l2', 1, 'put b B; now')
    one.propose()
    one.wallClockMs = T - 90_000
    one.leadAgain(survives)
    const sent = one.run('l3', 1, 'put c C; now')
    if (survives) one.choose()
    one.decree()
    // What was lost has told nobody its time.
    expect(told(sent)).toBe(BigInt(survives ? T + 500 : T))
  }
})

test('each request gets new random names from the host', () => {
  const one = cluster()
  const sent = ['l1', 'l2'].map((session) => one.run(session, 1, 'put a A; uuid'))
  const again = one.run('l1', 1, 'put a A; uuid')
  one.decree()
  expect([...sent, again].map(told)).toEqual(['uuid 1', 'uuid 2', 'uuid 1'])
})
