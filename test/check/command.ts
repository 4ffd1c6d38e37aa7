import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { parseArguments, UsageError } from '../../client/usage.ts'
import { HistoryError, parseHistory } from './history.ts'
import { judge } from './judge.ts'
import type { CheckerName, Finding, Verdict } from './verdict.ts'

interface Given {
  readonly checker: string
  readonly json?: boolean
}

/**
 * The `check-history` command, with its arguments. Gives the exit status: 0 valid, 1 invalid or unknown. Throws
 * `UsageError` for wrong usage and for a file that tells no history (status 2), and for help (status 0).
 */
export async function checkCommand(args: readonly string[], write: (text: string) => void): Promise<number> {
  let exitStatus = 0
  const command = new Command('check-history')
    .description('Judges a history, in JSON lines: whether what clients were told can be true.')
    .argument('<file>', 'the history; - reads standard input')
    .option('--checker <name>', 'append, register, replay, end or all', 'all')
    .option('--json', 'one line of JSON, for machines')
    .allowExcessArguments(false)
    .action((file: string, given: Given) => {
      const history = read(file)
      const checkers = checkersOf(given.checker)
      const verdict = judge(history, checkers === undefined ? {} : { checkers })
      write(given.json ? `${JSON.stringify(verdict)}\n` : describe(verdict))
      exitStatus = verdict.valid === true ? 0 : 1
    })
  await parseArguments(command, args)
  return exitStatus
}

function read(file: string) {
  try {
    return parseHistory(readFileSync(file === '-' ? 0 : file, 'utf8'))
  } catch (error) {
    if (error instanceof HistoryError) throw new UsageError(`${file}: ${error.message}.`)
    if (!(error instanceof Error && 'code' in error)) throw error
    throw new UsageError(`${file} cannot be read (${error.code}).`)
  }
}

const CHECKERS: readonly CheckerName[] = ['append', 'register', 'replay', 'end']

function checkersOf(name: string): readonly CheckerName[] | undefined {
  if (name === 'all') return undefined
  const checker = CHECKERS.find((each) => each === name)
  if (checker !== undefined) return [checker]
  throw new UsageError(`--checker takes append, register, replay, end or all, not ${JSON.stringify(name)}.`)
}

/** The verdict and what it counted in one line, then a line for each finding and each step of its cycle. */
function describe({ valid, findings, counted }: Verdict): string {
  const counts = Object.entries(counted).map(([name, count]) => `${name} ${count}`)
  const word = valid === true ? 'valid' : valid === false ? 'INVALID' : 'UNKNOWN'
  return [`${word}: ${counts.join(', ')}`, ...findings.flatMap(describeFinding)].map((line) => `${line}\n`).join('')
}

function describeFinding({ checker, anomaly, message, cycle = [] }: Finding): readonly string[] {
  const steps = cycle.map(({ from, to, kind, key }) => {
    const about = key === null ? '' : ` on ${JSON.stringify(key)}`
    return `    line ${from} before line ${to}: ${kind}${about}`
  })
  return [`  ${checker} ${anomaly}: ${message}`, ...steps]
}
