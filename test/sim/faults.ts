import type { Random } from '../support/random.ts'
import type { Machine } from './machine.ts'
import type { World } from './world.ts'

/** Something that befalls a running cluster from time to time. */
export interface Fault {
  readonly name: string
  /** Makes it happen now; false: it cannot at present. Whatever it breaks it also mends, later, unless `heal` comes first. */
  strike(world: World, random: Random): boolean
}

/** Of those that run: the leader half the time. */
function victim(world: World, random: Random): Machine | undefined {
  const running = world.machines.filter(({ isRunning }) => isRunning)
  const leaders = running.filter(({ leads }) => leads)
  if (leaders.length > 0 && random.chance(0.5)) return random.pick(leaders)
  return running.length === 0 ? undefined : random.pick(running)
}

function onVictim(strike: (machine: Machine, world: World, random: Random) => void): Fault['strike'] {
  return (world, random) => {
    const machine = victim(world, random)
    if (machine === undefined) return false
    strike(machine, world, random)
    return true
  }
}

function restartLater(machine: Machine, world: World, random: Random): void {
  world.schedule.after(random.between(5, 100) * 10 ** random.between(0, 1.5), () => machine.start())
}

/** Cuts directions, and after a while mends all cuts. */
function partition(
  cuts: (machines: readonly Machine[], world: World, random: Random) => [string, string][],
): Fault['strike'] {
  return (world, random) => {
    const shuffled = [...world.machines].sort(() => random.fraction() - 0.5)
    const directions = cuts(shuffled, world, random)
    for (const [from, to] of directions) world.network.cut(from, to)
    world.note(`cut: ${directions.map((direction) => direction.join('>')).join(' ')}`)
    world.schedule.after(random.between(100, 3000), () => {
      world.note('cuts mended')
      world.network.heal()
    })
    return true
  }
}

/** The next commit fails, and the process ends; a while later the disk is well again. */
function failingDisk(failure: 'fsync' | 'full'): Fault['strike'] {
  return onVictim((machine, world, random) => {
    machine.disk.manners.failure = failure
    world.schedule.after(random.between(300, 1500), () => {
      machine.disk.manners.failure = null
      machine.start()
    })
  })
}

function bothWays(a: Machine, b: Machine): [string, string][] {
  return [
    [a.name, b.name],
    [b.name, a.name],
  ]
}

export const FAULTS: readonly Fault[] = [
  {
    name: 'crash',
    strike: onVictim((machine, world, random) => {
      machine.crash()
      restartLater(machine, world, random)
    }),
  },
  {
    name: 'crash in the middle',
    strike: onVictim((machine, world, random) => {
      machine.crashSoon(1 + random.below(40))
      world.schedule.after(random.between(200, 2000), () => machine.start())
    }),
  },
  {
    name: 'power cut in a write',
    strike: onVictim((machine, world, random) => {
      machine.cutPowerInWrite()
      world.schedule.after(random.between(100, 1500), () => machine.start())
    }),
  },
  {
    name: 'crash of all',
    strike: (world, random) => {
      for (const machine of world.machines) {
        machine.crash()
        restartLater(machine, world, random)
      }
      return true
    },
  },
  {
    name: 'short lives',
    strike: onVictim((machine, world, random) => {
      let lives = 2 + random.below(4)
      const again = (): void => {
        machine.crash()
        machine.start()
        lives -= 1
        if (lives > 0) world.schedule.after(random.between(5, 120), again)
      }
      again()
    }),
  },
  {
    name: 'crash while catching up',
    strike: (world, random) => {
      const behind = world.machines.filter(({ engine }) => (engine?.core?.state.sync ?? null) !== null)
      if (behind.length === 0) return false
      const machine = random.pick(behind)
      machine.crash()
      world.schedule.after(random.between(0, 30), () => machine.start())
      return true
    },
  },
  {
    name: 'orderly stop',
    strike: onVictim((machine, world, random) => {
      machine.stop(random.between(20, 200))
      world.schedule.after(random.between(300, 1500), () => machine.start())
    }),
  },
  {
    name: 'pause',
    strike: onVictim((machine, world, random) => {
      machine.pause()
      world.schedule.after(random.between(20, 200) * 10 ** random.fraction(), () => machine.resume())
    }),
  },
  {
    name: 'minority cut off',
    strike: partition((machines) => {
      const count = Math.floor((machines.length - 1) / 2)
      const apart = machines.slice(0, count)
      return apart.flatMap((one) => machines.slice(count).flatMap((other) => bothWays(one, other)))
    }),
  },
  {
    name: 'leader cut off',
    strike: (world, random) =>
      world.machines.some(({ leads }) => leads) &&
      partition((machines) => {
        const leader = machines.find(({ leads }) => leads)
        return machines.flatMap((other) => (leader === undefined || other === leader ? [] : bothWays(leader, other)))
      })(world, random),
  },
  {
    name: 'ring',
    strike: partition((machines) =>
      machines.flatMap((one, index) =>
        machines.flatMap((other, at) => {
          const apart = Math.abs(index - at)
          // Of three, a ring has lost one link; of more, each keeps its two neighbours.
          const isLink = machines.length === 3 ? index + at !== 2 : apart === 1 || apart === machines.length - 1
          return at <= index || isLink ? [] : bothWays(one, other)
        }),
      ),
    ),
  },
  {
    name: 'one way cut',
    strike: partition(([one, ...others], _, random) =>
      others.flatMap((other): [string, string][] => {
        if (one === undefined || random.chance(0.4)) return []
        return [random.chance(0.5) ? [one.name, other.name] : [other.name, one.name]]
      }),
    ),
  },
  {
    name: 'flapping',
    strike: (world, random) => {
      const one = random.pick(world.machines)
      const other = random.pick(world.machines.filter((machine) => machine !== one))
      let flaps = 4 + random.below(10)
      const flap = (): void => {
        flaps -= 1
        if (flaps % 2 === 1) for (const [from, to] of bothWays(one, other)) world.network.cut(from, to)
        else world.network.heal()
        if (flaps > 0) world.schedule.after(random.between(10, 300), flap)
      }
      flap()
      return true
    },
  },
  {
    name: 'clogged path',
    strike: (world, random) => {
      const one = random.pick(world.machines)
      const other = random.pick(world.machines.filter((machine) => machine !== one))
      world.network.clog(one.name, other.name, random.between(50, 2000))
      return true
    },
  },
  {
    // It sleeps, is deposed, and wakes: first to reads of today, then to what the others said to it before.
    name: 'leader hears late',
    strike: (world, random) => {
      const leader = world.machines.find(({ leads, isPaused }) => leads && !isPaused)
      if (leader === undefined) return false
      const lateMs = random.between(300, 1200)
      const others = world.machines.filter((machine) => machine !== leader)
      const clog = (forMs: number) => {
        for (const other of others) world.network.clog(other.name, leader.name, forMs)
      }
      clog(lateMs)
      world.schedule.after(random.between(1, 12), () => {
        // What they say under another leader comes later still.
        clog(lateMs + 100)
        leader.pause()
      })
      world.schedule.after(lateMs + 30, () => leader.resume())
      return true
    },
  },
  {
    name: 'slow disk',
    strike: onVictim((machine, world, random) => {
      const { manners } = machine.disk
      const usualMs = manners.commitMs
      manners.commitMs = random.between(10, 300)
      world.schedule.after(random.between(300, 3000), () => {
        manners.commitMs = Math.min(usualMs, manners.commitMs)
      })
    }),
  },
  { name: 'fsync error', strike: failingDisk('fsync') },
  { name: 'disk full', strike: failingDisk('full') },
  {
    name: 'disk wiped',
    strike: (world, random) => {
      // A majority must be left that remembers; and where only some know of the cluster, an operator has to begin anew.
      if (!world.truth.isFormedEverywhere || world.machines.some(({ isOutcast, isWiped }) => isOutcast || isWiped))
        return false
      const machine = victim(world, random)
      if (machine === undefined) return false
      machine.wipe()
      restartLater(machine, world, random)
      return true
    },
  },
  {
    name: 'clock jump',
    strike: onVictim((machine, _, random) => {
      machine.clockAheadMs += random.between(-60_000, 60_000)
    }),
  },
  {
    // Back and forth, also between two transactions of one batch, and between the last one and the sending of the batch.
    name: 'clock trembles',
    strike: onVictim((machine, world, random) => {
      let times = 50 + random.below(300)
      const again = (): void => {
        machine.clockAheadMs += random.between(-40, 40)
        times -= 1
        if (times > 0) world.schedule.after(random.between(0.2, 4), again)
      }
      again()
    }),
  },
  {
    name: 'clock far ahead',
    strike: onVictim((machine, _, random) => {
      machine.clockAheadMs += random.between(0.5, 3) * 3_600_000
    }),
  },
  {
    // As the host of a leader does that knows a better place for it; also to one that is not fit to lead.
    name: 'handed to one member',
    strike: (world, random) => {
      const leader = world.machines.find(({ leads, isPaused }) => leads && !isPaused)
      if (leader === undefined) return false
      leader.handTo(random.pick(world.machines.filter((machine) => machine !== leader)))
      return true
    },
  },
  {
    name: 'stream broken',
    strike: onVictim((machine, world, random) => {
      machine.unreachable(random.pick(world.machines).address)
    }),
  },
]
