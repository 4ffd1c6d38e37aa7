/** A system under load: processes of its own on this machine, with fresh data that goes with them. */
export interface System {
  /** With its version, and what it does before it answers. */
  readonly title: string
  /** Of the servers that load processes speak with. */
  readonly addresses: readonly string[]
  /** Rejects when a process ends unasked. */
  readonly died: Promise<never>
  /** Resolves when programs can be run. */
  ready(): Promise<void>
  /** Its processes now: who leads, and the others. */
  processes(): Promise<Processes>
  /** How far it is; null: it does not tell. */
  progress(): Promise<Progress | null>
  /** Kills it and deletes its data. Idempotent. */
  stop(): Promise<void>
}

export interface Processes {
  readonly leader: readonly number[]
  readonly followers: readonly number[]
}

export interface Progress {
  /** Decided so far: slots, or entries of a log. */
  readonly slots: number
  /** Changes when another one leads: a ballot, or a term. */
  readonly term: number
}
