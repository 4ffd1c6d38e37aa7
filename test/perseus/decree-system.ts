import { spawnSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { VERSION } from '../../node/version.ts'
import { between, CLIENTS, type Network } from '../chaos/network.ts'
import { Nodes } from '../chaos/nodes.ts'
import { waitFor } from '../support/wait.ts'
import type { Ability, Mend, System } from './system.ts'

/** How long nodes may take until all of them take part, ms. */
const SETTLE_MS_MAX = 60_000
/** Of each node's own file system in memory, where the full disk is tried. */
const DISK_BYTES = 64 * 1024 * 1024
const BALLAST_BYTES = 64 * 1024

/** Three server processes of ours, with default settings. */
export class DecreeSystem implements System {
  readonly name = 'decree'
  readonly title = `Decree ${VERSION}`
  readonly nodes: readonly string[]
  readonly cannot = new Map<Ability, string>()
  readonly #network: Network
  readonly #nodes: Nodes
  readonly #hasOwnDisks: boolean
  readonly #mounted: string[] = []

  /** `ownDisks`: each node's data goes to a small file system of its own, in memory, so that it can be filled. It needs root. */
  constructor(network: Network, options: readonly string[], ownDisks: boolean) {
    this.#network = network
    this.#nodes = new Nodes(network, options)
    this.nodes = network.addresses
    this.#hasOwnDisks = ownDisks
    if (!ownDisks) this.cannot.set('fillDisk', 'A disk that can be filled takes root, who may mount one in memory.')
  }

  async start(): Promise<void> {
    if (this.#hasOwnDisks) for (const node of this.nodes) this.#mount(this.#nodes.dataDirectory(node))
    for (const node of this.nodes) this.#nodes.start(node)
    await this.settled()
  }

  async settled(): Promise<string> {
    await Promise.all(this.nodes.map((node) => this.#nodes.listens(node)))
    const isSettled = () => this.nodes.every((node) => this.#nodes.hasJoined(node)) && this.#nodes.leader
    return waitFor('all nodes to take part', isSettled, SETTLE_MS_MAX)
  }

  async kill(node: string): Promise<Mend> {
    const killed = this.#nodes.kill(node)
    return async () => {
      await killed
      await this.#restart(node)
    }
  }

  async freeze(node: string): Promise<Mend> {
    this.#nodes.freeze(node)
    return async () => this.#nodes.thaw(node)
  }

  async cut(node: string, fromCallers: boolean): Promise<Mend> {
    const others = fromCallers ? [...this.nodes, CLIENTS] : this.nodes
    const mend = this.#network.impose(between([node], others), { type: 'cut' })
    return async () => mend()
  }

  /** Asks the node to end, and waits until it is gone. Throws if it did not end in good order. */
  async end(node: string): Promise<void> {
    await this.#nodes.stop(node)
    const [problem] = this.#nodes.problems
    if (problem !== undefined) throw new Error(problem)
  }

  /** Starts the node that has ended, and waits until it listens. */
  begin(node: string): Promise<void> {
    return this.#restart(node)
  }

  async fillDisk(node: string): Promise<Mend> {
    const ballast = join(this.#nodes.dataDirectory(node), 'ballast')
    const file = openSync(ballast, 'w')
    const bytes = Buffer.alloc(BALLAST_BYTES)
    try {
      while (writeSync(file, bytes) > 0);
    } catch {
      // It is full.
    }
    closeSync(file)
    return async () => {
      rmSync(ballast)
      if (!this.#nodes.isRunning(node)) await this.#restart(node)
    }
  }

  async stop(): Promise<void> {
    // The directories below go with the nodes, who may use what was mounted to their end.
    for (const directory of this.#mounted) spawnSync('umount', ['--lazy', directory])
    await this.#nodes.end()
  }

  async #restart(node: string): Promise<void> {
    this.#nodes.start(node)
    await this.#nodes.listens(node)
  }

  #mount(directory: string): void {
    mkdirSync(directory, { recursive: true })
    const { status, stderr } = spawnSync(
      'mount',
      ['-t', 'tmpfs', '-o', `size=${DISK_BYTES},mode=700`, 'tmpfs', directory],
      { encoding: 'utf8' },
    )
    if (status !== 0) throw new Error(`mount failed: ${stderr.trim()}`)
    this.#mounted.push(directory)
  }
}
