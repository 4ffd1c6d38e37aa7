import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { MUTANTS, type Mutant } from './mutants.ts'
import { build } from './mutate.ts'
import type { RunFailure } from './series.ts'

/** The project, from a file in dist/test/sim/. */
const PROJECT = fileURLToPath(new URL('../../../', import.meta.url))
/** A mutant may live through so many seeds. */
const SEEDS_MAX = 500

interface Caught {
  readonly runs: number
  readonly failure: RunFailure | null
}

/** Runs the simulator on every mutant whose name has `text` until it notices; prints a table. False: one went unnoticed. */
export async function hunt(text: string, workers: number, seedsMax: number): Promise<boolean> {
  const mutants = MUTANTS.filter(({ name }) => name.includes(text))
  const waiting = [...mutants]
  const caught = new Map<Mutant, Caught>()
  const work = async (): Promise<void> => {
    for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
      caught.set(mutant, await runMutant(mutant, Math.min(seedsMax, SEEDS_MAX)))
      tell(mutant, caught.get(mutant))
    }
  }
  await Promise.all(Array.from({ length: workers }, work))
  const survivors = mutants.filter((mutant) => caught.get(mutant)?.failure === null)
  process.stdout.write(`${mutants.length - survivors.length} of ${mutants.length} mutants were noticed\n`)
  return survivors.length === 0
}

function tell({ name }: Mutant, caught: Caught | undefined): void {
  const failure = caught?.failure ?? null
  const seeds = (caught?.runs ?? 0) + (failure === null ? 0 : 1)
  const how =
    failure === null ? 'NOT NOTICED' : `${failure.checker}: ${failure.message.slice(0, 90).replaceAll('\n', ' ')}`
  process.stdout.write(`${name.padEnd(46)} ${String(seeds).padStart(4)} seeds  ${how}\n`)
}

async function runMutant(mutant: Mutant, seeds: number): Promise<Caught> {
  const { directory, remove } = build(PROJECT, mutant)
  try {
    const simulator = join(directory, 'test/sim/main.js')
    const nodes = String(mutant.nodes ?? 3)
    const options = ['--json', '--workers', '1', '--nodes', nodes, '--seeds', String(seeds)]
    const output = await outputOf(process.execPath, [simulator, ...options])
    return JSON.parse(output) as Caught
  } finally {
    remove()
  }
}

function outputOf(command: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    let output = ''
    child.stdout.on('data', (data: Buffer) => {
      output += String(data)
    })
    child.on('error', reject)
    child.on('close', () => resolve(output))
  })
}
