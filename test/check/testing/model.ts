import type { Random } from '../../support/random.ts'
import type { EndEvent, Event, MicroOperation } from '../event.ts'
import type { Json } from '../json.ts'

export interface Shape {
  readonly operations: number
  readonly processes: number
  readonly keys: number
  /** Share of operations that end in `fail` and in `info`. */
  readonly refused: number
  readonly unknown: number
}

/** What a process is at: it has begun, it has been executed. */
interface Running {
  readonly steps: readonly MicroOperation[]
  readonly program: string
  readonly fate: 'ok' | 'fail' | 'info'
  answer: Omit<Extract<Event, { type: 'ok' }>, 'type' | 'process'> | undefined
}

/**
 * A history of clients of a store that executes one transaction after the other, while their operations overlap: valid
 * by construction. Some are refused, some remain unknown and have happened or not; sessions take revisions too.
 */
export function modelHistory(random: Random, shape: Shape): (Event | EndEvent)[] {
  return new Model(random, shape).run()
}

class Model {
  readonly #random: Random
  readonly #shape: Shape
  readonly #events: (Event | EndEvent)[] = []
  readonly #lists = new Map<string, number[]>()
  readonly #registers = new Map<string, number>()
  readonly #running: (Running | undefined)[] = []
  readonly #names: number[] = []
  #revision = 0
  #begun = 0
  #values = 0

  constructor(random: Random, shape: Shape) {
    this.#random = random
    this.#shape = shape
    for (let process = 0; process < shape.processes; process += 1) this.#names.push(process)
  }

  run(): (Event | EndEvent)[] {
    for (;;) {
      const place = this.#random.below(this.#shape.processes)
      const running = this.#running[place]
      if (running !== undefined) this.#goOn(place, running)
      else if (this.#begun < this.#shape.operations) this.#begin(place)
      else if (this.#running.every((each) => each === undefined)) break
      // A session is opened.
      if (this.#random.chance(0.02)) this.#revision += 1
    }
    const reads = Object.fromEntries<Json>([...this.#lists, ...this.#registers])
    const replicas = ['a', 'b', 'c'].map((node) => ({ node, slot: this.#revision, hash: `h${this.#revision}` }))
    this.#events.push({ type: 'end', replicas, reads })
    return this.#events
  }

  #begin(place: number): void {
    const { refused, unknown } = this.#shape
    const chance = this.#random.fraction()
    const fate = chance < refused ? 'fail' : chance < refused + unknown ? 'info' : 'ok'
    const isList = this.#random.chance(0.6)
    const key = () => `${isList ? 'l' : 'r'}${this.#random.below(this.#shape.keys)}`
    const count = 1 + this.#random.below(3)
    const steps = Array.from({ length: count }, () => (isList ? this.#listStep(key()) : this.#registerStep(key())))
    const program = steps.map(statement).join(' ')
    this.#begun += 1
    this.#running[place] = { steps, program, fate, answer: undefined }
    const ops = steps.map((op): MicroOperation => (op[0] === 'r' ? ['r', op[1], null] : op))
    const workload = isList ? 'append' : 'register'
    this.#events.push({ process: this.#names[place] ?? 0, type: 'invoke', time: this.#begun, workload, program, ops })
  }

  #listStep(key: string): MicroOperation {
    this.#values += 1
    return this.#random.chance(0.5) ? ['append', key, this.#values] : ['r', key, null]
  }

  #registerStep(key: string): MicroOperation {
    this.#values += 1
    const current = this.#registers.get(key) ?? null
    if (this.#random.chance(0.4)) return ['r', key, null]
    return this.#random.chance(0.5) ? ['w', key, this.#values] : ['cas', key, [current, this.#values]]
  }

  #goOn(place: number, running: Running): void {
    const process = this.#names[place] ?? 0
    const isOver = running.answer !== undefined || running.fate === 'fail'
    if (running.fate === 'info' && this.#random.chance(0.5)) {
      this.#events.push({ process, type: 'info' })
      this.#names[place] = process + this.#shape.processes
      this.#running[place] = undefined
    } else if (!isOver) running.answer = this.#execute(running.steps)
    else if (running.fate !== 'info') {
      this.#events.push(
        running.fate === 'fail' ? { process, type: 'fail' } : { process, type: 'ok', ...running.answer },
      )
      this.#running[place] = undefined
    }
  }

  #execute(steps: readonly MicroOperation[]): NonNullable<Running['answer']> {
    const reads: Record<string, Json> = {}
    for (const [kind, key] of steps) {
      const before = this.#stored(key)
      if (kind !== 'w' && before !== undefined) reads[key] = before
    }
    let isWriter = false
    const ops = steps.map((op): MicroOperation => {
      const [, key] = op
      switch (op[0]) {
        case 'append':
          isWriter = true
          this.#lists.set(key, [...(this.#lists.get(key) ?? []), Number(op[2])])
          return op
        case 'r':
          return ['r', key, this.#lists.get(key) ?? this.#registers.get(key) ?? (key.startsWith('l') ? [] : null)]
        case 'w':
          isWriter = true
          this.#registers.set(key, Number(op[2]))
          return op
        case 'cas': {
          const took = (this.#registers.get(key) ?? null) === op[2][0]
          isWriter ||= took
          if (took) this.#registers.set(key, Number(op[2][1]))
          return ['cas', key, op[2], took]
        }
        default:
          return op satisfies never
      }
    })
    if (isWriter) this.#revision += 1
    return { ops, reads, value: null, status: 'committed', revision: this.#revision }
  }

  /** What the programs find under a key. */
  #stored(key: string): string | undefined {
    const list = this.#lists.get(key)
    if (list !== undefined) return list.map((element) => `${element},`).join('')
    const value = this.#registers.get(key)
    return value === undefined ? undefined : String(value)
  }
}

/** The program that does it. Programs hold everything as text. */
function statement(op: MicroOperation): string {
  const key = JSON.stringify(op[1])
  switch (op[0]) {
    case 'append':
      return `put ${key} get ${key} + "${op[2]},";`
    case 'r':
      return `get ${key};`
    case 'w':
      return `put ${key} "${op[2]}";`
    case 'cas':
      return `if get ${key} == ${op[2][0] === null ? 'null' : `"${op[2][0]}"`} { put ${key} "${op[2][1]}"; }`
    default:
      return op satisfies never
  }
}
