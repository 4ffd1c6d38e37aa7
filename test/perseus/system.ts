import type { SystemName } from './client.ts'

/** Ends a fault. */
export type Mend = () => Promise<void>

/** Three nodes of one kind, and what can be done to them. Nodes are named by the address for clients. */
export interface System {
  readonly name: SystemName
  /** With its version. */
  readonly title: string
  readonly nodes: readonly string[]
  /** What this system and this machine cannot do, with the reason, a sentence. */
  readonly cannot: ReadonlyMap<Ability, string>
  /** Resolves when all of them take part, and one leads. */
  start(): Promise<void>
  /** Resolves when all nodes take part; gives the one that leads. */
  settled(): Promise<string>
  kill(node: string): Promise<Mend>
  freeze(node: string): Promise<Mend>
  /** From the other nodes; with `fromCallers` from the callers as well. */
  cut(node: string, fromCallers: boolean): Promise<Mend>
  fillDisk(node: string): Promise<Mend>
  /** Leaves nothing behind. */
  stop(): Promise<void>
}

export type Ability = 'cut' | 'fillDisk'
