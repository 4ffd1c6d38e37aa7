import { readdirSync, readFileSync } from 'node:fs'

/** In what /proc counts processor time: ticks of a hundredth of a second on every Linux that Node runs on. */
const TICK_US = 10_000

/**
 * Processor time that a process and those that it has started have used so far, all threads, those that have ended
 * included, in microseconds; null where the machine does not tell.
 */
export function processorTimeUs(pid: number): number | null {
  const own = statOf(pid)
  if (own === null) return null
  const children = list('/proc').map((name) => statOf(Number(name)))
  return children.reduce(
    (total, child) => total + (child?.parent === pid ? child.ownUs + child.endedUs : 0),
    own.ownUs + own.endedUs,
  )
}

interface Stat {
  readonly parent: number
  readonly ownUs: number
  /** Of those that it has started, and that have ended. */
  readonly endedUs: number
}

function statOf(pid: number): Stat | null {
  const text = readProc(`${pid}/stat`)
  if (text === null) return null
  // The second field is a name in parentheses, which may contain anything.
  const fields = text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number)
  const [parent = Number.NaN, user, system, endedUser, endedSystem] = [1, 11, 12, 13, 14].map((n) => fields[n])
  const ownUs = (Number(user) + Number(system)) * TICK_US
  const endedUs = (Number(endedUser) + Number(endedSystem)) * TICK_US
  return Number.isNaN(parent + ownUs + endedUs) ? null : { parent, ownUs, endedUs }
}

/** Memory that a process holds at present, in bytes. */
export interface Memory {
  /** All of it. */
  readonly residentBytes: number
  /** Without the pages of files that it has mapped, which the machine takes back when it needs the room. */
  readonly ownBytes: number
}

/** Null where the machine does not tell. */
export function memoryOf(pid: number): Memory | null {
  const status = readProc(`${pid}/status`) ?? ''
  const [residentBytes, ownBytes] = ['VmRSS', 'RssAnon'].map((name) => {
    const kibibytes = new RegExp(`^${name}:\\s*(\\d+) kB$`, 'm').exec(status)?.[1]
    return kibibytes === undefined ? undefined : Number(kibibytes) * 1_024
  })
  return residentBytes === undefined || ownBytes === undefined ? null : { residentBytes, ownBytes }
}

/** Of the last minute; null where the machine does not tell. */
export function loadAverage(): number | null {
  const load = Number.parseFloat(readProc('loadavg') ?? '')
  return Number.isNaN(load) ? null : load
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

/** The processes among the entries of /proc; none where there is no such thing. */
function list(directory: string): readonly string[] {
  try {
    return readdirSync(directory).filter((name) => /^\d+$/.test(name))
  } catch {
    return []
  }
}
