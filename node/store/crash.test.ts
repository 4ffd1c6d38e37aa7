import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openLmdbStore } from './index.ts'
import type { LmdbStoreOptions } from './lmdb.ts'

const DEADLINE_MS = 60_000

// Lets plain Node run the store's own source: each file is stripped of its types when it is loaded.
const HOOKS = `
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import ts from ${JSON.stringify(import.meta.resolve('typescript'))}
const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022, verbatimModuleSyntax: true }
export async function load(url, context, next) {
  if (!url.endsWith('.ts')) return next(url, context)
  const source = ts.transpileModule(readFileSync(fileURLToPath(url), 'utf8'), { compilerOptions }).outputText
  return { format: 'module', source, shortCircuit: true }
}`

const asUrl = (source: string): string => `data:text/javascript,${encodeURIComponent(source)}`

const REGISTER = asUrl(`import { register } from 'node:module'; register(${JSON.stringify(asUrl(HOOKS))})`)

/**
 * Opens the store in `directory`, says so, then runs `script`, which finds `store`, `merge(slot)` and `say(text)`.
 * `within`: a command that runs the rest of its arguments.
 */
function child(
  directory: string,
  script: string,
  { within = [], ...options }: { readonly within?: readonly string[] } & Partial<LmdbStoreOptions> = {},
): ChildProcessByStdio<null, Readable, null> {
  const source = `
    import { writeSync } from 'node:fs'
    import { encodePatch, openLmdbStore } from ${JSON.stringify(new URL('./index.ts', import.meta.url).href)}
    const config = { cluster: 'c0ffee', version: 1, members: [{ id: '0123456789abcdef', address: '127.0.0.1:50051' }] }
    const say = (text) => writeSync(1, text + '\\n')
    const merge = (slot) => {
      const write = { revision: slot, version: 0, value: BigInt(slot) }
      const entries = new Map([['last', write], ['key' + (slot % 50), write], ['long' + slot, { ...write, value: 'x'.repeat(3000) }]])
      const update = { dropped: false, acked: slot, results: new Map([[slot, new Uint8Array(10)]]) }
      const body = encodePatch({ revision: slot, timeMs: slot, entries, sessions: new Map([['s1', update]]) })
      const decree = { header: { config, collectable: 0, count: 1 }, body }
      const ballot = { counter: 1, node: '0123456789abcdef' }
      return [
        { type: 'accepted', ballot, slot, origin: ballot, decree },
        { type: 'merge', slot, decree },
        { type: 'marks', complete: slot, from: 1, applied: slot, floor: 0 },
      ]
    }
    const store = await openLmdbStore(${JSON.stringify(directory)}, ${JSON.stringify(options)})
    say('open')
    ${script}`
  const flags = ['--input-type=module', '--no-warnings', '--import', REGISTER, '--eval', source]
  const [command, ...before] = [...within, process.execPath]
  return spawn(command ?? '', [...before, ...flags], { stdio: ['ignore', 'pipe', 'ignore'] })
}

/** Resolves with the first line that `isIt` accepts; rejects when the child ends without it. */
function line(process: ChildProcessByStdio<null, Readable, null>, isIt: (line: string) => boolean): Promise<string> {
  return new Promise((resolve, reject) => {
    createInterface(process.stdout)
      .on('line', (text) => isIt(text) && resolve(text))
      .on('close', () => reject(new Error('the child has ended')))
  })
}

function ended(process: ChildProcessByStdio<null, Readable, null>): Promise<void> {
  return new Promise((resolve) => process.once('close', () => resolve()))
}

describe('a process that is killed', () => {
  let directory: string

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'decree-crash-'))
  })

  afterEach(() => {
    rmSync(directory, { recursive: true, force: true })
  })

  it.each([
    ['that writes its journal only', {}],
    [
      'that makes one checkpoint after the other',
      { checkpointRows: 7, sliceRows: 2, segmentBytes: 40_000, firstSegmentBytes: 40_000 },
    ],
  ])(
    '%s leaves everything that it reported durable, and no half of a write',
    async (_, options) => {
      let before = 0
      for (let round = 0; round < 3; round++) {
        // Ten writes under way at any time: the kill hits some of them.
        const writer = child(
          directory,
          `const next = async (slot) => { await store.write(merge(slot)); say(String(slot)); void next(slot + 10) }
           for (let slot = store.view.revision + 1, end = slot + 10; slot < end; slot++) void next(slot)`,
          options,
        )
        let reported = 0
        const over = ended(writer)
        createInterface(writer.stdout).on('line', (text) => {
          reported = Math.max(reported, Number(text) || 0)
          if (reported >= before + 60 + round * 7) writer.kill('SIGKILL')
        })
        await over

        const store = await openLmdbStore(directory)
        const { revision } = store.view
        expect(reported).toBeGreaterThan(before)
        expect(revision).toBeGreaterThanOrEqual(reported)
        expect(store.restored.marks.applied).toBe(revision)
        expect(store.restored.accepted?.slot).toBe(revision)
        expect(store.restored.recent.map(({ slot }) => slot)).toEqual(Array.from({ length: revision }, (_, i) => i + 1))
        expect(store.view.get('last')?.value).toBe(BigInt(revision))
        expect(store.view.session('s1')).toMatchObject({ slot: revision, acked: revision })
        for (let slot = 1; slot <= revision; slot++) expect(store.view.get(`long${slot}`)?.revision).toBe(slot)
        await store.close()
        before = revision
      }
    },
    DEADLINE_MS,
  )

  it(
    'holds the directory until then, even while it does nothing, and not a moment longer',
    async () => {
      const holder = child(directory, `setInterval(() => undefined, 1000)`)
      try {
        await line(holder, (text) => text === 'open')
        holder.kill('SIGSTOP')
        await expect(openLmdbStore(directory)).rejects.toMatchObject({
          code: 'locked',
          message: expect.stringContaining(directory),
        })
      } finally {
        const over = ended(holder)
        holder.kill('SIGKILL')
        await over
      }
      const store = await openLmdbStore(directory)
      await store.close()
    },
    DEADLINE_MS,
  )
})

describe('a disk that is full', () => {
  it(
    'fails the write that found it so and all later ones; what was durable before stays',
    async () => {
      const directory = mkdtempSync(join(tmpdir(), 'decree-full-'))
      try {
        const writer = child(
          directory,
          `let slot = 0
           try { for (;;) { slot += 1; await store.write(merge(slot)) } } catch (error) { say('failed ' + slot) }
           await store.write(merge(slot + 1)).then(() => say('accepted'), () => say('refused'))
           await store.close()
           say('closed')`,
          { within: ['sh', '-c', `trap '' XFSZ; ulimit -f 6000; exec "$0" "$@"`] },
        )
        const lines: string[] = []
        createInterface(writer.stdout).on('line', (text) => lines.push(text))
        await ended(writer)
        expect(lines).toEqual(['open', expect.stringMatching(/^failed \d+$/), 'refused', 'closed'])
        const failed = Number(lines[1]?.split(' ')[1])
        expect(failed).toBeGreaterThan(10)

        const store = await openLmdbStore(directory)
        expect(store.view.revision).toBe(failed - 1)
        await store.close()
      } finally {
        rmSync(directory, { recursive: true, force: true })
      }
    },
    DEADLINE_MS,
  )
})
