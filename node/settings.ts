import type { CoreOptions } from './core/index.ts'
import { usage } from './settings-error.ts'
import { type AllGiven, type Environment, gather } from './settings-sources.ts'

export { UsageError } from './settings-error.ts'

/** What a server was told by its command line, its environment and its file of settings. */
export interface Settings {
  /** `host:port` */
  readonly address: string
  /** `host:port` of all nodes named, this one included; sorted. */
  readonly addresses: readonly string[]
  /** `host:port` that the server listens on: `address`, unless something in between forwards to another one. */
  readonly listen: string
  /** Null: in memory only. */
  readonly dataDirectory: string | null
  readonly core: Partial<CoreOptions>
  /** The leader is to be where the mean latency of its callers is least. */
  readonly isPlacing: boolean
  /** Requests are passed on to the leader, instead of being redirected. */
  readonly isForwarding: boolean
  readonly logLevel: string
  readonly logFormat: 'pretty' | 'json'
  /** End when standard input ends: a parent that dies takes its servers along. */
  readonly exitsWithStdin: boolean
  /** Sentences on what has no effect, for the log. */
  readonly warnings: readonly string[]
}

const TICK_MS = 10

/** Throws `UsageError`. `args`: without the names of the program. */
export function parseSettings(args: readonly string[], environment: Environment = {}): Settings {
  const { given, warnings } = gather(args, environment)
  return { ...settingsOf(given), warnings }
}

function settingsOf(given: AllGiven): Omit<Settings, 'warnings'> {
  const address = given['my-ip'].value
  const addresses = [...given['node-ips'].value].sort()
  if (!addresses.includes(address)) {
    const named = `it names ${addresses.join(' ')}`
    throw usage(`${given['node-ips'].from} must contain this node's own address, ${address}; ${named}.`)
  }
  const { heartbeat, suspect } = given
  if (suspect.value < 2 * heartbeat.value) {
    const atLeast = `must be at least twice ${heartbeat.from} (${heartbeat.value} ms)`
    throw usage(`${suspect.from} (${suspect.value} ms) ${atLeast}.`)
  }
  const suspectTicksMin = Math.ceil(suspect.value / TICK_MS)
  return {
    address,
    addresses,
    listen: given.listen.value ?? address,
    dataDirectory: dataDirectoryOf(given, address),
    core: {
      heartbeatTicks: Math.max(1, Math.round(heartbeat.value / TICK_MS)),
      suspectTicksMin,
      suspectTicksMax: 2 * suspectTicksMin,
      rotateTicks: given.leader.value === 'nearest' ? 0 : Math.ceil(given.rotate.value / TICK_MS),
    },
    isPlacing: given.leader.value === 'nearest',
    isForwarding: given.forward.value,
    logLevel: given['log-level'].value,
    logFormat: given['log-format'].value,
    exitsWithStdin: given['exit-with-stdin'].value,
  }
}

/** Of the two settings that exclude each other, that one holds whose source wins. */
function dataDirectoryOf({ memory, 'data-dir': directory }: AllGiven, address: string): string | null {
  if (memory.value && directory.value !== undefined && memory.rank === directory.rank) {
    throw usage(`${memory.from} and ${directory.from} exclude each other.`)
  }
  if (memory.value && memory.rank >= directory.rank) return null
  return directory.value ?? `./data/${address.replace(/[[\]]/g, '').replaceAll(':', '-')}`
}
