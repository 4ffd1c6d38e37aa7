import { expect, it } from 'vitest'
import { Core } from './core/index.ts'
import { type Log, Story } from './story.ts'

function listen(): { readonly log: Log; readonly said: string[] } {
  const said: string[] = []
  const say = (level: string) => (_: object, message: string) => {
    said.push(`${level}: ${message}`)
  }
  return { log: { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') }, said }
}

const members = ['1', '2', '3'].map((digit) => ({ id: digit.padStart(16, '0'), address: `${digit}:1` }))
const config = { cluster: 'c', version: 1, members }
const MARKS = { complete: 0, from: 1, applied: 0, floor: 0 }
const NEW = { config, promised: { counter: 0, node: '' }, accepted: null, marks: MARKS, sync: null, recent: [] }

it('tells once that a node is behind, from the very beginning too, and once that it has caught up', () => {
  const { log, said } = listen()
  const story = new Story(log)
  const { state } = new Core(members[0]!.id, NEW)
  const sync = { nonce: 1, source: members[1]!.id, everything: false, after: 0, progressAt: 0 }
  for (let tick = 0; tick < 3; tick += 1) story.tick({ ...state, knownChosen: 500, sync })
  for (let tick = 0; tick < 3; tick += 1) {
    story.tick({ ...state, knownChosen: 500, marks: { ...MARKS, complete: 500, applied: 500 } })
  }
  expect(said).toEqual(['info: behind the others; catching up', 'info: caught up'])
})

it('tells of a peer that is lost, and back, once each', () => {
  const { log, said } = listen()
  const story = new Story(log)
  story.lost('2:1')
  story.lost('2:1')
  story.heard('2:1')
  story.heard('2:1')
  expect(said).toEqual(['warn: lost a peer', 'info: a lost peer is back'])
})

it('tells of a change of leader at info, and of one that was planned at debug', () => {
  const { log, said } = listen()
  const story = new Story(log)
  story.role('leader', null, 1)
  story.role('follower', null, 1)
  story.role('leader', null, 2)
  story.passed({
    cluster: 'c',
    from: members[0]!.id,
    to: members[1]!.id,
    body: { type: 'handoff', ballot: { counter: 2, node: members[0]!.id } },
  })
  story.role('follower', { id: members[1]!.id, address: '2:1' }, 3)
  expect(said).toEqual(['info: leading', 'info: no longer leading', 'info: leading', 'debug: no longer leading'])
})
