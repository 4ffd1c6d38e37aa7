import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { build } from './mutate.ts'
import { REGRESSIONS } from './regressions.ts'
import { Series } from './series.ts'
import type { WitnessName } from './witness.ts'

const PROJECT = fileURLToPath(new URL('../../', import.meta.url))
const BUILD = join(PROJECT, 'dist')

interface Ended {
  readonly output: string
  readonly status: number | null
}

/** Runs the simulator's command line from a build. */
function simulate(directory: string, options: readonly string[]): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(directory, 'test/sim/main.js'), ...options], { cwd: PROJECT })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (data: Buffer) => {
        output += String(data)
      })
    }
    child.on('error', reject)
    child.on('close', (status) => resolve({ output, status }))
  })
}

describe('a simulated cluster', () => {
  it.each(['3', '5'])('of %s nodes lives the same life in every process that runs its seed', async (nodes) => {
    const options = ['--nodes', nodes, '--seeds', '5', '--hashes']
    const [one, other] = await Promise.all([simulate(BUILD, options), simulate(BUILD, options)])
    expect(one.status).toBe(0)
    expect(one.output.trim().split('\n')).toHaveLength(5)
    expect(other.output).toBe(one.output)
  })

  it('lives another life where something is left to chance', async () => {
    const { directory, remove } = build(PROJECT, {
      name: 'a time-out drawn by chance',
      changes: [{ file: 'node/core/state.ts', from: 'const fraction = (', to: 'const fraction = Math.random() || (' }],
    })
    try {
      const options = ['--seeds', '4', '--hashes']
      const [one, other] = await Promise.all([simulate(directory, options), simulate(directory, options)])
      expect(other.output).not.toBe(one.output)
    } finally {
      remove()
    }
  })

  it('tells of a failure how to see it again', async () => {
    const { directory, remove } = build(PROJECT, {
      name: 'quorum of one less than a majority',
      changes: [
        { file: 'node/core/types.ts', from: 'config.members.length / 2) + 1', to: 'config.members.length / 2)' },
      ],
    })
    try {
      const { output, status } = await simulate(directory, ['--seeds', '20', '--workers', '1'])
      expect(status).toBe(1)
      const [, seed = ''] = /replay: npm run sim -- --nodes 3 --trace (\d+)/.exec(output) ?? []
      const replayed = await simulate(directory, ['--trace', seed])
      expect(replayed.status).toBe(1)
      expect(replayed.output).toMatch(/n\d starts/)
      expect(replayed.output).toContain(`seed ${seed} FAILED`)
    } finally {
      remove()
    }
  })

  it.each(REGRESSIONS)('does well where it once did not: $what', async ({ seed, nodes }) => {
    const { output, status } = await simulate(BUILD, ['--nodes', String(nodes), '--from', String(seed), '--seeds', '1'])
    expect(output).toContain('1 seeds')
    expect(status).toBe(0)
  })

  it.each([
    [['--seeds', 'many'], 'whole number'],
    [['--nodes', '4'], 'Allowed choices'],
    [['--storm'], 'unknown option'],
  ])('refuses wrong use: %s', async (options, sentence) => {
    const { output, status } = await simulate(BUILD, options)
    expect(output).toContain(sentence)
    expect(status).toBe(2)
  })
})

describe('a series', () => {
  const passed = (faults: [string, number][], witnesses: [WitnessName, number][], committed: number) => {
    const series = new Series()
    const counted = { simulatedMs: 1, events: 1, slots: 1, isUndecided: false, hash: '', committed }
    series.add({
      type: 'passed',
      result: { seed: 1, ...counted, faults: new Map(faults), witnesses: new Map(witnesses) },
    })
    return series
  }

  it('proves too little where a kind of fault never struck', () => {
    expect(passed([], [], 100).gaps).toContain('the fault "crash" never struck')
    expect(passed([['crash', 1]], [], 100).gaps).not.toContain('the fault "crash" never struck')
  })

  it('proves too little where what it is about never happened', () => {
    expect(passed([], [['decree re-proposed', 0]], 100).gaps).toContain('never happened: decree re-proposed')
    expect(passed([], [['decree re-proposed', 1]], 100).gaps).not.toContain('never happened: decree re-proposed')
  })

  it('proves too little where next to nothing was committed', () => {
    expect(passed([], [], 5).gaps).toContain('only 5 transactions were committed')
  })
})
