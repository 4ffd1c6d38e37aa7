/**
 * One caller: a process of its own, so that the network can tell where it calls from. Increments its key in a closed
 * loop, for so long as it is told on its command line, once a line comes on its standard input; prints what came of it.
 */
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect, DecreeError } from '../../client/index.ts'

export interface Told {
  readonly key: string
  readonly servers: readonly string[]
  /** While everybody is near; then apart, before anything is measured; and then measured. */
  readonly nearMs: number
  readonly warmUpMs: number
  readonly measuredMs: number
}

export interface Outcome {
  /** Of each increment that was measured. */
  readonly latenciesMs: readonly number[]
  readonly acknowledged: number
  readonly unknown: number
}

const CALL_MS_MAX = 10_000
const PAUSE_MS = 10

const told = JSON.parse(process.argv[2] ?? '') as Told
await once(process.stdin.resume(), 'data')
process.stdout.write(JSON.stringify(await call(told)))
process.exit(0)

async function call({ key, servers, nearMs, warmUpMs, measuredMs }: Told): Promise<Outcome> {
  const measuredFromMs = performance.now() + nearMs + warmUpMs
  const db = await connect({ servers, timeoutMs: CALL_MS_MAX })
  const latenciesMs: number[] = []
  let acknowledged = 0
  let unknown = 0
  for (let fromMs = performance.now(); fromMs < measuredFromMs + measuredMs; fromMs = performance.now()) {
    try {
      await db.run('put $key get $key + $one;', { key, one: 1 }, { timeoutMs: CALL_MS_MAX })
      acknowledged += 1
      if (fromMs >= measuredFromMs) latenciesMs.push(performance.now() - fromMs)
    } catch (error) {
      if (!(error instanceof DecreeError) || error.outcome === 'unknown') unknown += 1
      await sleep(PAUSE_MS)
    }
  }
  await db.close()
  return { latenciesMs, acknowledged, unknown }
}
