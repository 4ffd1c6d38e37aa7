import { readFileSync } from 'node:fs'

/** In what /proc counts processor time: ticks of a hundredth of a second on every Linux that Node runs on. */
const TICK_US = 10_000

/** Processor time that a process has used so far, all threads, in microseconds; null where the machine does not tell. */
export function processorTimeUs(pid: number): number | null {
  const text = readProc(`${pid}/stat`)
  // The second field is a name in parentheses, which may contain anything; the 14th and 15th are user and system time.
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ')
  const ticks = Number(fields?.[11]) + Number(fields?.[12])
  return Number.isNaN(ticks) ? null : ticks * TICK_US
}

/** Processor time of this process, in microseconds. */
export function ownProcessorTimeUs(): number {
  const { user, system } = process.cpuUsage()
  return user + system
}

/** Time of all processors since the machine started, in microseconds. */
export interface MachineTime {
  readonly totalUs: number
  /** In which they did something. */
  readonly busyUs: number
  /** Taken by other guests of the same host. */
  readonly stolenUs: number
}

/** Null where the machine does not tell. */
export function machineTime(): MachineTime | null {
  const fields = readProc('stat')?.split('\n')[0]?.trim().split(/\s+/).slice(1, 9).map(Number)
  if (fields === undefined || fields.length < 8 || fields.some(Number.isNaN)) return null
  const [user = 0, nice = 0, system = 0, idle = 0, waiting = 0, interrupts = 0, softInterrupts = 0, stolen = 0] = fields
  const busy = user + nice + system + interrupts + softInterrupts
  return { totalUs: (busy + idle + waiting + stolen) * TICK_US, busyUs: busy * TICK_US, stolenUs: stolen * TICK_US }
}

function readProc(name: string): string | null {
  try {
    return readFileSync(`/proc/${name}`, 'utf8')
  } catch {
    return null
  }
}
