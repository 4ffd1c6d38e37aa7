import { loadavg } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { waitFor } from '../support/wait.ts'
import type { Callers } from './callers.ts'
import { type CallerSpec, isFree, isTied } from './client.ts'
import { clockMs } from './clock.ts'
import type { Fault, Role } from './faults.ts'
import { longestGapMs, type Outages, outagesIn, type Span } from './outages.ts'
import type { System } from './system.ts'

/** How long a trial looks at the calm, at the time without the node, and at the time after its return, ms. */
const CALM_MS = 300
const AWAY_MS = 1_200
const BACK_MS = 1_200
/** Everybody must be answered within this, ms. */
const RESUME_MS_MAX = 60_000

/** What one span showed. */
export interface Measured extends Outages {
  /** The longest time in which the caller that knows all addresses was not answered. */
  readonly libraryMs: number
  /** The same of the control: what the machine by itself does to a caller in that time. */
  readonly machineMs: number
}

/** One fault of one node, and its return. */
export interface Trial {
  readonly fault: Fault
  readonly role: Role
  /** 1, 2, 3. */
  readonly nodeNumber: number
  /** While the node is away, and after its return. */
  readonly away: Measured
  readonly back: Measured
  /** The machine's, over the last minute. */
  readonly load: number
  readonly timeline: Timeline
}

/** Times by `clockMs`. */
export interface Timeline {
  readonly span: Span
  readonly faultMs: number
  readonly returnMs: number
  /** Of each caller, in the order of their specs. */
  readonly answersMs: readonly (readonly number[])[]
}

/** Lets a fault befall one node of a system in good order, and ends it. */
export async function runTrial(
  system: System,
  callers: Callers,
  fault: Fault,
  choice: { readonly role: Role; readonly which: number },
): Promise<Trial> {
  const leader = await system.settled()
  await answeredAll(callers)
  await callers.forget()
  const fromMs = clockMs()
  await sleep(CALM_MS)
  // It may have changed in the calm.
  const leads = await system.settled().catch(() => leader)
  const followers = system.nodes.filter((node) => node !== leads)
  const node = choice.role === 'leader' ? leads : (followers[choice.which % followers.length] ?? '')
  const faultMs = clockMs()
  const mend = await fault.strike(system, node)
  await sleep(AWAY_MS)
  await answered(callers, faultMs + AWAY_MS, (n) => callers.specs[n] !== undefined && isFree(callers.specs[n]))
  const returnMs = clockMs()
  await mend()
  await sleep(BACK_MS)
  await answeredAll(callers)
  const toMs = clockMs()
  const answersMs = (await callers.answersMs()).map((times) => [...times])
  const afflicted = system.nodes.indexOf(node)
  return {
    fault,
    role: choice.role,
    nodeNumber: afflicted + 1,
    away: measure(callers, answersMs, { fromMs: faultMs, toMs: returnMs }, afflicted),
    back: measure(callers, answersMs, { fromMs: returnMs, toMs }, afflicted),
    load: loadavg()[0] ?? 0,
    timeline: { span: { fromMs, toMs }, faultMs, returnMs, answersMs },
  }
}

function measure(
  { specs }: Callers,
  answersMs: readonly (readonly number[])[],
  span: Span,
  afflicted: number,
): Measured {
  const of = (which: (spec: CallerSpec) => boolean) =>
    answersMs.filter((_, n) => specs[n] !== undefined && which(specs[n]))
  const longest = (which: (spec: CallerSpec) => boolean) =>
    Math.max(...of(which).map((times) => longestGapMs(times, span)))
  const machineMs = longest(({ system }) => system === 'control')
  return { ...outagesIn(of(isTied), span, afflicted), libraryMs: longest(isFree), machineMs }
}

function answeredAll(callers: Callers): Promise<void> {
  return answered(callers, clockMs(), () => true)
}

/** Resolves when each of these callers was answered after this time. */
async function answered(callers: Callers, afterMs: number, which: (caller: number) => boolean): Promise<void> {
  await waitFor(
    'all callers to be answered',
    async () => (await callers.answersMs()).every((times, n) => !which(n) || (times.at(-1) ?? 0) > afterMs),
    RESUME_MS_MAX,
  )
}
