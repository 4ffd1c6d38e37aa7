import { test } from 'vitest'
import { Random } from '../support/random.ts'
import { historyOf } from './history.ts'
import { judge } from './judge.ts'
import { modelHistory } from './testing/model.ts'

test('speed', () => {
  const events = modelHistory(new Random(3), { operations: 10000, processes: 20, keys: 10, refused: 0.02, unknown: 0.02 })
  const history = historyOf(events)
  console.log(judge(history, { checkers: ['replay'], runsMax: 20000 }))
}, 600_000)
