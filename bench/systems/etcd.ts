import { type ChildProcess, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Free, freeAddresses, hostOf, until } from './addresses.ts'
import { pidOf, Spawned } from './spawned.ts'
import type { Processes, Progress, System } from './system.ts'

const MEMBERS = 3
const START_MS_MAX = 60_000
const ASK_MS_MAX = 2_000
/** A benchmark writes more than the 2 GiB that etcd takes by default. */
const QUOTA_BYTES = 8 * 1024 ** 3

/** The version of the etcd that is installed; null: none is. */
export function etcdVersion(): string | null {
  const { status, stdout } = spawnSync('etcd', ['--version'], { encoding: 'utf8' })
  return status === 0 ? (/etcd Version: (\S+)/.exec(stdout)?.[1] ?? 'of unknown version') : null
}

/** Three etcd processes with default settings, which sync before they answer. */
export class EtcdSystem implements System {
  readonly title: string
  readonly #members: readonly Member[]
  readonly #directory: string
  readonly #spawned = new Spawned()
  #leader: Member | undefined

  static async start(version: string, parent: string | undefined): Promise<EtcdSystem> {
    const free = await freeAddresses(MEMBERS, 2)
    return new EtcdSystem(version, free, mkdtempSync(join(parent ?? tmpdir(), 'decree-bench-etcd-')))
  }

  private constructor(version: string, { addresses, other }: Free, directory: string) {
    this.title = `etcd ${version}: three members, on the disks of two before the answer`
    this.#directory = directory
    const peers = addresses.map((address) => `${address.replace(':', '-')}=http://${other(address, 1)}`)
    this.#members = addresses.map((address) => {
      const name = address.replace(':', '-')
      const peer = `http://${other(address, 1)}`
      const options = {
        name,
        'data-dir': join(directory, name),
        'listen-client-urls': `http://${address}`,
        'advertise-client-urls': `http://${address}`,
        'listen-peer-urls': peer,
        'initial-advertise-peer-urls': peer,
        'initial-cluster': peers.join(','),
        'quota-backend-bytes': String(QUOTA_BYTES),
      }
      const flags = Object.entries(options).flatMap(([key, value]) => [`--${key}`, value])
      return { address, process: this.#spawned.start('etcd', flags, join(directory, `${hostOf(address)}.log`)) }
    })
  }

  /** The leader's alone: another member would only hand the calls on to it. */
  get addresses(): readonly string[] {
    return this.#leader === undefined ? [] : [this.#leader.address]
  }

  get died(): Promise<never> {
    return this.#spawned.died
  }

  async ready(): Promise<void> {
    await this.#lead()
  }

  async processes(): Promise<Processes> {
    const leader = await this.#lead()
    const followers = this.#members.filter((member) => member !== leader)
    return { leader: [pidOf(leader.process)], followers: followers.map(({ process }) => pidOf(process)) }
  }

  async progress(): Promise<Progress> {
    const { raftIndex, raftTerm } = await statusOf((await this.#lead()).address)
    return { slots: Number(raftIndex), term: Number(raftTerm) }
  }

  async stop(): Promise<void> {
    await this.#spawned.stop()
    rmSync(this.#directory, { recursive: true, force: true })
  }

  async #lead(): Promise<Member> {
    this.#leader = await until('etcd to have a leader', START_MS_MAX, async () => {
      const all = await Promise.all(this.#members.map(({ address }) => statusOf(address)))
      const [first] = all
      if (first?.leader === undefined || all.some(({ leader }) => leader !== first.leader)) return undefined
      return this.#members.find((_, n) => all[n]?.header.member_id === first.leader)
    })
    return this.#leader
  }
}

interface Member {
  readonly address: string
  readonly process: ChildProcess
}

interface EtcdStatus {
  readonly header: { readonly member_id: string }
  /** Absent: it knows of none. */
  readonly leader?: string
  readonly raftIndex: string
  readonly raftTerm: string
}

/** By the JSON gateway, which is enough for so few questions. */
async function statusOf(address: string): Promise<EtcdStatus> {
  const response = await fetch(`http://${address}/v3/maintenance/status`, {
    method: 'POST',
    body: '{}',
    signal: AbortSignal.timeout(ASK_MS_MAX),
  })
  if (!response.ok) throw new Error(`etcd answered ${response.status}.`)
  return (await response.json()) as EtcdStatus
}
