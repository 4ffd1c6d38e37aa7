import type { ExecutorOptions } from '../../node/exec/index.ts'
import { HEAD_BYTES } from '../../node/store/frame.ts'
import type { Random } from '../support/random.ts'
import type { ClientManners } from './client.ts'
import type { DecreeBounds } from './decrees.ts'
import { FAULTS, type Fault } from './faults.ts'
import type { MachineOptions } from './machine.ts'
import type { NetworkManners } from './network.ts'

/** What a seed has drawn: a run meets some kinds of trouble much, and others not at all. */
export interface Swarm {
  readonly stormMs: number
  readonly network: NetworkManners
  /** Directed pairs of machines that lose much more than the others. */
  readonly lossyPaths: number
  readonly clients: number
  /** The part of all calls that only read, beside those that a workload makes itself. */
  readonly readShare: number
  readonly manners: ClientManners
  readonly faults: readonly { readonly fault: Fault; readonly everyMs: number }[]
  /** In the calm, a minority stays away until the others have finished all work. */
  readonly leavesMinorityDown: boolean
  readonly machine: (random: Random) => MachineOptions
  /** What all executors are told. */
  readonly bounds: DecreeBounds
  readonly commitMs: number
}

export function drawSwarm(random: Random): Swarm {
  const drifts = random.chance(0.4)
  const rotateTicks = random.pick([0, 20, 60, 300])
  const recentSlotsMax = random.pick([2, 8, 64, 256])
  const syncBytesMax = random.pick([200, 4 * 1024 * 1024])
  const bounds = {
    sessionIdleMs: random.pick([3_600_000, 3_600_000, 1_500]),
    batchBytesMax: random.pick([3.75 * 1024 * 1024, 700]),
    drainMax: random.pick([1_000, 2]),
    readsMax: random.pick([10_000, 3]),
    queueMax: random.pick([10_000, 10]),
    dropsMax: random.pick([100, 1]),
    ...drawOverload(random.stream('overload')),
  }
  const parseMs = random.pick([1, 20, 200, 1_500])
  const parserDies = random.pick([0, 0, 0.2])
  const chunkBytes = random.pick([150, 2_000, 512 * 1024])
  const store = drawStore(random)
  const farAhead = random.chance(0.1)
  // Who reads much, in haste, anywhere, meets a node that was deposed and does not know it.
  const isStale = random.chance(0.15)
  // So few that one call whose end is not known soon stops its session; not where haste is what is looked at.
  const sessionResultsMax = isStale ? 8_192 : random.stream('sessions').pick([8_192, 8_192, 2])
  const executor = { ...bounds, sessionResultsMax }
  // In haste, suspicion comes about as soon as a message or a disk: leaders change all the time.
  const isHasty = random.chance(0.45)
  const timing = isHasty ? { heartbeatTicks: 1, suspectTicksMin: 3, suspectTicksMax: 6, resendTicks: 4 } : {}
  const faults = FAULTS.filter(({ name }) =>
    name === 'clock far ahead'
      ? farAhead
      : name === 'leader hears late'
        ? isStale
        : random.chance(name === 'disk wiped' ? 0.08 : isHasty ? 0.1 : 0.18),
  ).map((fault) => ({ fault, everyMs: random.between(200, 800) * 10 ** random.fraction() }))
  return {
    stormMs: isHasty ? random.between(5_000, 14_000) : random.between(2_000, 8_000),
    network: isHasty && random.chance(0.7) ? drawChurn(random) : drawNetwork(random),
    lossyPaths: random.pick([0, 0, 1, 3]),
    clients: 2 + random.below(4),
    readShare: isStale ? 0.9 : random.pick([0, 0, 0, 0.9]),
    manners: {
      thinkMs: isStale ? 5 : random.pick([5, 50, 200]),
      patienceMs: isStale ? 1_500 : random.pick([80, 300, 1_000]),
      wanders: isStale ? 0.5 : random.pick([0, 0.1, 0.4]),
      twice: random.pick([0, 0.05, 0.4]),
      givesUp: random.pick([0, 0.05, 0.4]),
      asksOutcome: random.pick([0, 0.5]),
      // A clock that is far ahead ends such sessions too early, and what is repeated then runs again: by design.
      oneShot: farAhead ? 0 : random.pick([0, 0, 0.3]),
      lanes: 1 + random.below(3),
    },
    faults,
    leavesMinorityDown: random.chance(0.5),
    bounds: executor,
    machine: (drawn) => ({
      core: { ...timing, rotateTicks, recentSlotsMax, syncBytesMax },
      executor,
      store,
      chunkBytes,
      parseMs,
      parserDies,
      clockRate: drifts ? drawn.between(0.8, 1.25) : 1,
    }),
    commitMs: random.pick([0.2, 1, 4]),
  }
}

/** Where little may wait, or not for long, or be done in one turn, a few callers are too many. */
function drawOverload(random: Random): Partial<ExecutorOptions> {
  return {
    waitMsMax: random.pick([1_000, 1_000, 20]),
    queueBytesMax: random.pick([64 * 1024 * 1024, 64 * 1024 * 1024, 2_000]),
    turnCostMax: random.pick([40_000, 40_000, 10]),
    answersBytesMax: random.pick([16 * 1024 * 1024, 16 * 1024 * 1024, 300]),
  }
}

/** From a checkpoint every few records to none at all, from a segment for each record to one for all. */
function drawStore(random: Random): MachineOptions['store'] {
  const checkpointBytes = random.pick([400, 4_000, 40_000, 10_000_000])
  const segmentBytes = HEAD_BYTES + Math.min(40_000, checkpointBytes) * random.pick([0.3, 1, 4])
  return {
    checkpointBytes,
    checkpointRows: random.pick([3, 30, 100_000]),
    sliceRows: random.pick([1, 3, 200]),
    sliceBytes: random.pick([100, 100_000]),
    slicesMax: random.pick([1, 16]),
    segmentBytes,
    firstSegmentBytes: random.pick([segmentBytes, HEAD_BYTES + 300]),
  }
}

function drawNetwork(random: Random): NetworkManners {
  return {
    loss: random.pick([0, 0, 0.01, 0.05, 0.15]),
    duplication: random.pick([0, 0.02, 0.2]),
    delayMs: random.pick([0.2, 1, 4, 15]),
    tail: random.pick([0, 0.01, 0.1]),
    tailMs: random.pick([50, 500, 5_000]),
  }
}

/** Much is lost and much is late, by about the time that an election takes. */
function drawChurn(random: Random): NetworkManners {
  return {
    loss: random.pick([0.05, 0.15, 0.25]),
    duplication: random.pick([0.02, 0.2]),
    delayMs: random.pick([2, 6]),
    tail: random.pick([0.1, 0.3]),
    tailMs: random.pick([60, 200]),
  }
}
