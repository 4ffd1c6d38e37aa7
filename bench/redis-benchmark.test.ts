import { expect, test } from 'vitest'
import { decodeCsv } from './redis-benchmark.ts'

const HEADS =
  '"test","rps","avg_latency_ms","min_latency_ms","p50_latency_ms","p95_latency_ms","p99_latency_ms","max_latency_ms"'

test('what redis-benchmark prints is read from its end, whatever the script holds', () => {
  const row = `"EVAL local x = redis.call('GET', "KEYS[1]") return x","8593.5","0.4","0.1","0.303","0.5","0.607","12.031"`
  expect(decodeCsv(`${HEADS}\n${row}\n`)).toEqual({
    transactionsPerSecond: 8593.5,
    p50Ms: 0.303,
    p99Ms: 0.607,
    maxMs: 12.031,
  })
})

test('anything else is told as it is', () => {
  expect(() => decodeCsv('Could not connect to Redis\n')).toThrow('redis-benchmark said: Could not connect to Redis')
})
