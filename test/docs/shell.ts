import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { freeAddresses } from '../support/cluster.ts'
import { waitFor } from '../support/wait.ts'
import { type Block, ROOT } from './blocks.ts'
import { callAsGrpcurl } from './grpcurl.ts'
import { CLIENT, runCommand, type Stage, withAddresses } from './stage.ts'

/** Scripts of package.json. */
export const SCRIPTS = (
  JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { readonly scripts: Readonly<Record<string, string>> }
).scripts

/**
 * Commands that are not run here, because they would take minutes or start what this very test is part of. They are run
 * on every change, or on their own; here it is checked that they and their options exist.
 */
const RUN_ELSEWHERE = [
  /^npm (start|test)\b/,
  /^npx vitest run\b/,
  /^npm run spec\b/,
  /^npm run chaos\b/,
  // Its exit status is a judgement on times.
  /^npm run perseus -- --rolling\b/,
  /^npm run (sim|explore) -- --mutants\b/,
]

/**
 * Options that make a long command short; the last one wins. Such a command is run once for all pages; where it is shown
 * again, with other options, these are checked.
 */
const SHORTER: Readonly<Record<string, readonly string[]>> = {
  sim: ['--seeds', '2'],
  explore: ['--minutes', '0.02'],
  bench: ['--callers', '4', '--keys', '50', '--warm-up', '0.1', '--seconds', '0.3'],
}

/** Commands of a block, comments and continued lines resolved. */
export function commandsOf({ text }: Block): readonly string[] {
  return text
    .replaceAll('\\\n', ' ')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
}

/** Carries a command out in `cwd`, on the stage's cluster; throws when it does not do what it is shown for. */
export async function carryOut(command: string, stage: Stage, cwd: string): Promise<void> {
  if (RUN_ELSEWHERE.some((pattern) => pattern.test(command))) return checkOptions(command)
  if (command.startsWith('grpcurl ')) return callAsGrpcurl(stage.localize(command))
  if (command.startsWith('pkill ')) return killNode(command, stage, cwd)
  const script = /\bnpm run (?:--silent )?([\w-]+)/.exec(command)?.[1]
  if (script === undefined) throw new Error(`the test does not know how to run: ${command}`)
  if (script === 'server' && !command.includes('--help')) return startServer(command, cwd)
  const shorter = SHORTER[script] ?? []
  if (shorter.length > 0 && !command.includes('--trace') && stage.wasRun(script)) return checkOptions(command)
  const line = [onBuild(stage.localize(command)), ...shorter].join(' ')
  const { status, stdout, stderr } = await runCommand(['sh', '-c', line], { cwd, input: 'get "a";\n' })
  if (status !== 0) throw new Error(`${command}: exit status ${status}\n${stdout}${stderr}`)
}

/** The program that an npm script runs, by its place, and without what npm says. */
function onBuild(command: string): string {
  return command.replace(/npm run (?:--silent )?([\w-]+)(?: --)?/g, (_, script: string) => {
    const program = /^node (dist\/\S+)$/.exec(SCRIPTS[script] ?? '')?.[1]
    if (program === undefined) throw new Error(`package.json has no script "${script}" that runs what was built`)
    return `'${process.execPath}' '${join(ROOT, program)}'`
  })
}

/** A server on addresses of its own: it must listen, and end in good order. */
async function startServer(command: string, cwd: string): Promise<void> {
  const addresses = await freeAddresses(3)
  const onOwn = withAddresses(command, addresses).replace(/--config (\S+)/, (_, name: string) => {
    const file = join(cwd, `own-${name}`)
    writeFileSync(file, withAddresses(readFileSync(join(cwd, name), 'utf8'), addresses))
    return `--config '${file}'`
  })
  // Whoever is told to log less must be heard all the same. The shell gives way to the server, which so gets the signal.
  const heard = onBuild(onOwn).replace(/DECREE_LOG_LEVEL=\w+/, 'DECREE_LOG_LEVEL=info')
  const server = spawn('sh', ['-c', `exec env ${heard}`], { cwd })
  let said = ''
  for (const stream of [server.stdout, server.stderr]) stream.on('data', (data: Buffer) => (said += String(data)))
  const ended = once(server, 'exit')
  try {
    await waitFor(`the server of: ${command}`, () => said.includes('listening') || server.exitCode !== null)
  } finally {
    server.kill('SIGTERM')
  }
  const [status] = (await ended) as [number | null]
  if (status !== 0 || !said.includes('stopped')) throw new Error(`${command}: exit status ${status}\n${said}`)
}

/** `pkill -9 -f 'my-ip <address>'`: that node of the stage's cluster; nobody notices, and it comes back. */
async function killNode(command: string, stage: Stage, cwd: string): Promise<void> {
  const address = /^pkill -9 -f 'my-ip (\S+)'$/.exec(stage.localize(command))?.[1]
  if (address === undefined || !stage.cluster.addresses.includes(address))
    throw new Error(`whom does this kill: ${command}`)
  await stage.cluster.kill(address)
  const others = stage.cluster.addresses.join(',')
  const asked = await runCommand([process.execPath, CLIENT, '--server-ip', others, '-e', 'get "a";'], { cwd })
  expect(asked.stderr).toBe('')
  stage.cluster.start(address)
}

/** What a command is shown with exists: the files that tests are in, the script, its options. */
async function checkOptions(command: string): Promise<void> {
  const tests = /^npx vitest run (.*)$/.exec(command)?.[1]
  if (tests !== undefined) {
    for (const path of tests.split(' ')) expect([path, existsSync(join(ROOT, path))]).toEqual([path, true])
    return
  }
  const [, script = '', given = ''] = /^npm (?:run )?(?:--silent )?([\w-]+)(?: -- (.*))?$/.exec(command) ?? []
  expect(SCRIPTS, command).toHaveProperty([script])
  const options = given.split(' ').filter((word) => word.startsWith('--'))
  if (options.length === 0) return
  const { stdout } = await runCommand(['sh', '-c', `${onBuild(`npm run ${script}`)} --help`], { cwd: ROOT })
  for (const option of options) expect(stdout, command).toContain(option)
}
