import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { variable } from './environment.ts'

/** Lines kept from session to session. */
const HISTORY_LINES_MAX = 1_000

/** Where the REPL remembers its lines: `DECREE_HISTORY`, else `~/.decree_history`. */
export function historyFile(): string {
  return variable('history') ?? join(homedir(), '.decree_history')
}

/** The lines remembered, latest first, as node:readline wants them. None if they cannot be read. */
export function loadHistory(file: string): string[] {
  try {
    const lines = readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
    const kept = lines.slice(-HISTORY_LINES_MAX)
    if (lines.length > 2 * HISTORY_LINES_MAX) writeFileSync(file, `${kept.join('\n')}\n`, { mode: 0o600 })
    return kept.reverse()
  } catch {
    return []
  }
}

/** Remembers a line. A history that cannot be written is no reason to stop working. */
export function remember(file: string, line: string): void {
  try {
    appendFileSync(file, `${line}\n`, { mode: 0o600 })
  } catch {}
}
