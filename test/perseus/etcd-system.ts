import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { between, CLIENTS, type Network } from '../chaos/network.ts'
import { waitFor } from '../support/wait.ts'
import type { Ability, Mend, System } from './system.ts'

const CLIENT_PORT = 2_379
const PEER_PORT = 2_380
const SETTLE_MS_MAX = 60_000
const STATUS_MS_MAX = 1_000

/** The version of the etcd that is installed; null: none is. */
export function etcdVersion(): string | null {
  const { status, stdout } = spawnSync('etcd', ['--version'], { encoding: 'utf8' })
  return status === 0 ? (/etcd Version: (\S+)/.exec(stdout)?.[1] ?? 'of unknown version') : null
}

/** Three etcd processes, with default settings. */
export class EtcdSystem implements System {
  readonly name = 'etcd'
  readonly title: string
  readonly nodes: readonly string[]
  readonly cannot = new Map<Ability, string>([
    ['fillDisk', 'etcd takes its room on the disk in advance, so that filling the disk does nothing for long.'],
  ])
  readonly #network: Network
  readonly #prefix: (address: string) => readonly string[]
  readonly #directory = mkdtempSync(join(tmpdir(), 'decree-perseus-etcd-'))
  readonly #processes = new Map<string, ChildProcess>()
  /** The network knows nodes by our own addresses; etcd shares their hosts. */
  readonly #partyOf: ReadonlyMap<string, string>

  /** `partitions`: whether the network cuts by host, whatever the port, as that of namespaces does. */
  constructor(version: string, network: Network, partitions: boolean) {
    this.title = `etcd ${version}`
    this.#network = network
    this.#prefix = (party) => (partitions ? network.launch(party).prefix : [])
    this.#partyOf = new Map(network.addresses.map((party) => [`${hostOf(party)}:${CLIENT_PORT}`, party]))
    this.nodes = [...this.#partyOf.keys()]
    if (!partitions) this.cannot.set('cut', 'Our proxies are not made for etcd; network namespaces (as root) are.')
  }

  async start(): Promise<void> {
    for (const node of this.nodes) this.#spawn(node)
    await this.settled()
  }

  async settled(): Promise<string> {
    return waitFor(
      'all etcd nodes to take part',
      async () => {
        const all = await Promise.all(this.nodes.map(statusOf))
        const [first] = all
        if (first === undefined || all.some(({ leader }) => leader !== first.leader || leader === undefined))
          return false
        return this.nodes.find((_, n) => all[n]?.header.member_id === first.leader)
      },
      SETTLE_MS_MAX,
    )
  }

  async kill(node: string): Promise<Mend> {
    const child = this.#process(node)
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    return async () => {
      await ended
      this.#spawn(node)
    }
  }

  async freeze(node: string): Promise<Mend> {
    this.#process(node).kill('SIGSTOP')
    return async () => {
      this.#process(node).kill('SIGCONT')
    }
  }

  async cut(node: string, fromCallers: boolean): Promise<Mend> {
    const others = fromCallers ? [...this.#network.addresses, CLIENTS] : this.#network.addresses
    const mend = this.#network.impose(between([this.#party(node)], others), { type: 'cut' })
    return async () => mend()
  }

  async fillDisk(): Promise<Mend> {
    throw new Error('etcd does not care')
  }

  async stop(): Promise<void> {
    await Promise.all(
      [...this.#processes.values()].map(async (child) => {
        if (child.exitCode !== null || child.signalCode !== null) return
        const ended = once(child, 'exit')
        child.kill('SIGKILL')
        await ended
      }),
    )
    rmSync(this.#directory, { recursive: true, force: true })
  }

  #spawn(node: string): void {
    const host = hostOf(node)
    const peers = this.nodes.map((each) => `${hostOf(each)}=http://${hostOf(each)}:${PEER_PORT}`)
    const [command = '', ...args] = [...this.#prefix(this.#party(node)), 'etcd']
    const own = { clients: `http://${host}:${CLIENT_PORT}`, peers: `http://${host}:${PEER_PORT}` }
    const options = {
      name: host,
      'data-dir': join(this.#directory, host),
      'listen-client-urls': own.clients,
      'advertise-client-urls': own.clients,
      'listen-peer-urls': own.peers,
      'initial-advertise-peer-urls': own.peers,
      'initial-cluster': peers.join(','),
    }
    const flags = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value])
    this.#processes.set(node, spawn(command, [...args, ...flags], { stdio: 'ignore' }))
  }

  #process(node: string): ChildProcess {
    const child = this.#processes.get(node)
    if (child === undefined) throw new Error(`${node} does not run`)
    return child
  }

  #party(node: string): string {
    return this.#partyOf.get(node) ?? ''
  }
}

interface EtcdStatus {
  readonly header: { readonly member_id: string }
  /** Absent: it knows of none. */
  readonly leader?: string
}

async function statusOf(node: string): Promise<EtcdStatus> {
  const response = await fetch(`http://${node}/v3/maintenance/status`, {
    method: 'POST',
    body: '{}',
    signal: AbortSignal.timeout(STATUS_MS_MAX),
  })
  return (await response.json()) as EtcdStatus
}

function hostOf(address: string): string {
  return address.slice(0, address.lastIndexOf(':'))
}
