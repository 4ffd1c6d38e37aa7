import type { Write } from './core/index.ts'
import { type Config, Formation, type FormStep, type NodeId } from './core/index.ts'
import type { FormMessage, PeerMessage } from './peer/index.ts'
import type { IdentityWrite } from './store/index.ts'

/** What the formation of a cluster needs of its node. */
export interface FoundingHost {
  tell(address: string, message: PeerMessage): void
  /** `durable` is called later. */
  write(write: IdentityWrite | Extract<Write, { type: 'formed' }>, durable: () => void): void
  formed(config: Config): void
  /** A sentence for the operator; the same one only once. */
  trouble(why: string): void
  /** This node can never join. */
  fatal(why: string): void
}

/** Runs `Formation` for a node: tells its news to all addresses, and makes durable what it decides. */
export class Founding {
  readonly #formation: Formation
  readonly #host: FoundingHost
  readonly #others: readonly string[]
  readonly #troubles = new Set<string>()
  #isWriting = false

  constructor(
    self: {
      readonly id: NodeId
      readonly address: string
      readonly addresses: readonly string[]
      readonly pledge: Config | null
      readonly hash: (text: string) => string
    },
    host: FoundingHost,
  ) {
    this.#formation = new Formation(self.id, self.address, self.addresses, self.pledge, self.hash)
    this.#others = self.addresses.filter((address) => address !== self.address)
    this.#host = host
  }

  begin(): void {
    this.#take(this.#formation.begin())
  }

  tell(): void {
    const form: FormMessage = { to: null, ...this.#formation.news }
    for (const address of this.#others) this.#host.tell(address, { type: 'form', form })
  }

  hear(news: FormMessage): void {
    // What arrives while a decision is on its way to the disk is told again soon.
    if (!this.#isWriting) this.#take(this.#formation.hear(news))
  }

  #take(step: FormStep): void {
    switch (step.type) {
      case 'wait':
        return
      case 'pledge':
        return this.#write({ type: 'pledge', config: step.config }, () => {
          const next = this.#formation.pledged(step.config)
          this.tell()
          this.#take(next)
        })
      case 'formed':
        return this.#write({ type: 'formed', config: step.config }, () => {
          this.tell()
          this.#host.formed(step.config)
        })
      case 'trouble':
        if (step.isFinal) return this.#host.fatal(step.why)
        if (!this.#troubles.has(step.why)) this.#host.trouble(step.why)
        this.#troubles.add(step.why)
        return
      default:
        return step satisfies never
    }
  }

  #write(write: IdentityWrite | Extract<Write, { type: 'formed' }>, then: () => void): void {
    this.#isWriting = true
    this.#host.write(write, () => {
      this.#isWriting = false
      then()
    })
  }
}
