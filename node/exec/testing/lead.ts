import { type ParseJob, parseShape } from '../../../lang/index.ts'
import type { Config } from '../../core/index.ts'
import { openMemoryStore, type ReadView } from '../../store/index.ts'
import { Executor } from '../executor.ts'
import type { ExecutorHost } from '../host.ts'
import type { ExecutorOptions } from '../options.ts'
import type { Response } from '../requests.ts'

const CONFIG: Config = { cluster: 'c0ffee', version: 1, members: [{ id: '00000000000000aa', address: '127.0.0.1:1' }] }

/** A leader with the real language on a real store. */
export interface Lead {
  readonly view: ReadView
  wallClockMs: number
  /** Jobs that the parser has not done. */
  readonly jobs: ParseJob[]
  /** Every program is of a session of its own unless one is named. Gives the responses, as they come. */
  submit(text: string, session?: string): readonly Response[]
  /** What was built, if anything, and what waits for a round, all the way. */
  decree(): Promise<void>
  /** The parser does its job. */
  parse(): void
  /** Another turn of the event loop. */
  turn(): void
  close(): Promise<void>
}

export async function lead(options: Partial<ExecutorOptions> = {}): Promise<Lead> {
  const store = await openMemoryStore()
  const jobs: ParseJob[] = []
  let uuids = 0
  let slot = 0
  let sessions = 0
  const host: ExecutorHost = {
    wallClockMs: () => leader.wallClockMs,
    uuid: () => `uuid ${++uuids}`,
    parse: (job) => void jobs.push(job),
  }
  const executor = new Executor(store.view, host, options)
  const leader: Lead = {
    view: store.view,
    wallClockMs: 1_700_000_000_000,
    jobs,
    submit(text, session = `lown${++sessions}`) {
      const responses: Response[] = []
      const kind = { type: 'program', text, parameters: new Map() } as const
      const request = { session, number: 1, acked: 0, deadlineMs: 1_000, kind }
      executor.submit(request, (response) => responses.push(response), 0)
      return responses
    },
    async decree() {
      const batch = executor.takeBatch()
      if (batch !== null) {
        slot += 1
        executor.proposed(slot)
        executor.chosen(slot)
        const { body, count } = batch
        const decree = { header: { config: CONFIG, collectable: 0, count }, body }
        const marks = { type: 'marks', complete: slot, from: 1, applied: slot, floor: 0 } as const
        await store.write([{ type: 'merge', slot, decree }, marks])
        executor.merged(slot)
      } else if (executor.wantsRound) {
        executor.roundStarted(slot)
        executor.confirmed(slot)
      }
    },
    parse() {
      const job = jobs.shift()
      if (job === undefined) throw new Error('nothing is being parsed')
      executor.parsed(parseShape(job), 0)
    },
    turn: () => executor.turn(0),
    close: () => store.close(),
  }
  executor.leading(1, null)
  executor.established()
  return leader
}
