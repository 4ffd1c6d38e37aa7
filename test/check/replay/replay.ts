import { ProgramCache } from '../../../lang/index.ts'
import { Findings } from '../findings.ts'
import type { Operation } from '../history.ts'
import { type Verdict, verdictOf } from '../verdict.ts'
import { misfitsOf } from './aborted.ts'
import { type Entries, entriesOf, mayHaveWritten, type Programs } from './entries.ts'
import { floorsOf } from './order.ts'
import { type Outcome, place } from './placing.ts'

export interface ReplayOptions {
  /** What compiles the programs. Default: one cache for all replays of this process. */
  readonly programs?: Programs
  /** Programs that may be run to find places for unknown ones, beyond those of one replay. Default: 200,000. */
  readonly runsMax?: number
}

/**
 * Whether the committed programs, executed one after the other in the order of their revisions, give what their
 * clients were told, and whether that order agrees with real time.
 *
 * An unknown program may have been executed at any revision that nobody else has told (sessions take some as well), or
 * never. One is placed only where it is needed to explain what was told; see `place`. What that takes too long to find
 * out, what cannot be executed again and what has no revision remains undecided. An aborted program must fit one of the
 * states that it can have seen.
 */
export function judgeReplay(operations: readonly Operation[], options: ReplayOptions = {}): Verdict {
  const { programs = CACHE, runsMax = RUNS_MAX } = options
  const findings = new Findings()
  const entries = entriesOf(operations, programs)
  // A history without programs has nothing to execute; its revisions still say something.
  const opaque = operations.some(({ program }) => program !== null) ? entries.opaque : []
  for (const { operation, why } of opaque) {
    const message = `nothing can be executed again, because line ${operation.line} committed and ${why}`
    findings.add({ checker: 'replay', anomaly: 'undecided', message, lines: [operation.line] })
  }
  let writers: ReadonlySet<Operation> = NO_WRITERS
  let placed = 0
  if (opaque.length === 0) {
    const outcome = place(entries.groups, entries.unknown, runsMax)
    const { sequence } = outcome
    writers = new Set(sequence.writers.flatMap((writer) => (writer === null ? [] : [writer.operation])))
    placed = sequence.placed.flat().length
    report(outcome, entries, operations, findings)
  }
  checkOrder(operations, writers, findings)
  return verdictOf(findings.shown, {
    replayed: entries.groups.reduce(
      (sum, { writers, either, readers }) => sum + writers.length + either.length + readers.length,
      0,
    ),
    'unknown programs': entries.unknown.length,
    'unknown programs placed': placed,
    'aborted programs': entries.aborted.length,
    ...findings.hidden,
  })
}

function report(outcome: Outcome, entries: Entries, operations: readonly Operation[], findings: Findings): void {
  switch (outcome.type) {
    case 'agrees':
      for (const { entry, difference, isExplicable } of misfitsOf(entries, outcome.sequence, operations)) {
        const { line } = entry.operation
        findings.add({
          checker: 'replay',
          anomaly: isExplicable ? 'undecided' : 'replay-mismatch',
          message:
            `line ${line}, which was aborted, executed again on any state that it can have seen ${difference}` +
            `${isExplicable ? '; an unknown program may explain that' : ''}`,
          lines: [line],
        })
      }
      return
    case 'disagrees':
    case 'exhausted': {
      const { sequence, mismatch } = outcome
      const { entry, difference, rival } = mismatch
      const { line, answer } = entry.operation
      if (rival !== null) {
        const by = rival.operation.line
        const message = `line ${by} and line ${line} both wrote, and both at revision ${answer.revision}`
        findings.add({ checker: 'replay', anomaly: 'duplicate-revision', message, lines: [by, line] })
        return
      }
      // What an unknown program that asks for chance has written cannot be found out.
      const isByChance = entries.unknown.some(({ reach }) => reach.isRandom)
      // At what revision an unknown program has written is only guessed.
      const isGuessed = entry.reach.asksRevision && entries.unknown.length > 0
      const isDecided = outcome.type === 'disagrees' && !sequence.isAmbiguous && !isByChance && !isGuessed
      const where = answer.revision === undefined ? '' : ` at revision ${answer.revision}`
      const message =
        `line ${line}, executed again${where}, ${difference}` +
        `${isDecided ? '' : '; whether programs of unknown outcome explain that was not found out'}`
      const anomaly = isDecided ? 'replay-mismatch' : 'undecided'
      findings.add({ checker: 'replay', anomaly, message, lines: [line] })
      return
    }
    default:
      outcome satisfies never
  }
}

/** What was told before an operation began is at most as new as what it saw, and older than what it wrote. */
function checkOrder(operations: readonly Operation[], writers: ReadonlySet<Operation>, findings: Findings): void {
  const floors = floorsOf(operations)
  const byRevision = new Map<number, Operation>()
  for (const operation of operations) {
    const { outcome, line, answer, index } = operation
    const floor = floors[index]
    if (outcome !== 'committed' || answer.revision === undefined) continue
    const isWriter = writers.has(operation) || (operation.program === null && mayHaveWritten(operation))
    const other = byRevision.get(answer.revision)
    if (isWriter && other !== undefined) {
      const message = `line ${other.line} and line ${line} both wrote, and both at revision ${answer.revision}`
      findings.add({ checker: 'replay', anomaly: 'duplicate-revision', message, lines: [other.line, line] })
    }
    if (isWriter) byRevision.set(answer.revision, operation)
    if (floor === undefined || floor.by === null) continue
    if (answer.revision > floor.revision || (answer.revision === floor.revision && !isWriter)) continue
    findings.add({
      checker: 'replay',
      anomaly: 'revision-order',
      message:
        `line ${line} ${isWriter ? 'wrote' : 'read'} at revision ${answer.revision}, though line ${floor.by.line}, ` +
        `which had ended before it began, tells revision ${floor.revision}`,
      lines: [floor.by.line, line],
    })
  }
}

const RUNS_MAX = 200_000

const CACHE = new ProgramCache(64 * 1024 * 1024)

const NO_WRITERS: ReadonlySet<Operation> = new Set()
