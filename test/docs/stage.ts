import { type SpawnSyncReturns, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connectSession } from '../../client/connect.ts'
import { formatValue } from '../../client/json.ts'
import { encodeProgram } from '../../client/program.ts'
import type { Session } from '../../client/session.ts'
import { ProcessCluster } from '../support/cluster.ts'
import { type Page, ROOT } from './blocks.ts'

export const CLIENT = join(ROOT, 'dist/client/main.js')

/** Addresses as the pages show them: three of one machine, or of three machines; with the usual port or none. */
const SHOWN = /(?<![\w.-])(?:127\.0\.0|10\.0\.0)\.([123])(?::50051)?(?![\w:-]|\.\d)/g

/** The text with the nth of `addresses` in place of each nth address that pages show. */
export function withAddresses(text: string, addresses: readonly string[]): string {
  return text.replace(SHOWN, (shown, n: string) => addresses[Number(n) - 1] ?? shown)
}

/** Where the pages are carried out: a running cluster, and a folder for each page in which `decree` can be imported. */
export class Stage {
  readonly cluster: ProcessCluster
  /** Of this test's own. */
  readonly session: Session
  readonly #directory = mkdtempSync(join(tmpdir(), 'decree-docs-'))
  readonly #run = new Set<string>()

  static async open(nodes = 3): Promise<Stage> {
    const cluster = await ProcessCluster.start(nodes)
    try {
      return new Stage(cluster, await connectSession({ servers: cluster.addresses, timeoutMs: 30_000 }))
    } catch (error) {
      await cluster.stop()
      throw error
    }
  }

  private constructor(cluster: ProcessCluster, session: Session) {
    this.cluster = cluster
    this.session = session
    const modules = join(this.#directory, 'node_modules')
    mkdirSync(modules)
    symlinkSync(ROOT, join(modules, 'decree'))
    symlinkSync(join(ROOT, 'node_modules/@types'), join(modules, '@types'))
    writeFileSync(join(this.#directory, 'package.json'), '{"type": "module"}')
  }

  folder({ path }: Page): string {
    const folder = join(this.#directory, path.replace(/\W/g, '-'))
    mkdirSync(folder, { recursive: true })
    return folder
  }

  /** Whether this was asked for `script` before. */
  wasRun(script: string): boolean {
    const wasRun = this.#run.has(script)
    this.#run.add(script)
    return wasRun
  }

  /** The text with the cluster's addresses. */
  localize(text: string): string {
    return withAddresses(text, this.cluster.addresses)
  }

  /** Deletes everything, so that what is shown next finds nothing. */
  async clear(): Promise<void> {
    const program = encodeProgram(
      'entries = scan "" limit 400; for key, value in entries { delete key; } return len(entries);',
    )
    for (let isEmpty = false; !isEmpty; ) {
      const answer = await this.session.execute(program, true, { timeoutMs: 30_000 })
      isEmpty = formatValue(answer.value.value, 'compact') === '0'
    }
  }

  async close(): Promise<void> {
    this.session.close()
    await this.cluster.stop()
    rmSync(this.#directory, { recursive: true, force: true })
  }
}

export type Ended = Pick<SpawnSyncReturns<string>, 'status' | 'stdout' | 'stderr'>

/** Runs a command to its end; `input` is all of its standard input. */
export function runCommand(
  command: readonly string[],
  { cwd, input = '' }: { readonly cwd: string; readonly input?: string },
): Promise<Ended> {
  const [file = '', ...args] = command
  const child = spawn(file, args, { cwd, stdio: ['pipe', 'pipe', 'pipe'] })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (data: Buffer) => (stdout += String(data)))
  child.stderr.on('data', (data: Buffer) => (stderr += String(data)))
  // It may end without having read everything.
  child.stdin.on('error', () => undefined)
  child.stdin.end(input)
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (status) => resolve({ status, stdout, stderr }))
  })
}
