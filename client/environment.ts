import { nearest } from '../proto/spelling.ts'
import { UsageError } from './usage.ts'

/** The variables of the environment that the `client` command reads, by what they stand for. */
export const VARIABLES = {
  serverIp: 'DECREE_SERVER_IP',
  timeout: 'DECREE_TIMEOUT',
  history: 'DECREE_HISTORY',
} as const

/** What a variable says; one that is empty says nothing. */
export function variable(name: keyof typeof VARIABLES): string | undefined {
  const text = process.env[VARIABLES[name]]
  return text === '' ? undefined : text
}

/**
 * Throws `UsageError` for a variable that is nearly one of ours: a client that was told where to go, and goes to
 * 127.0.0.1 all the same, would be found out too late. The servers' variables and strangers are nobody's mistake here.
 */
export function checkVariables(): void {
  const known: readonly string[] = Object.values(VARIABLES)
  for (const name of Object.keys(process.env)) {
    if (!name.startsWith('DECREE_') || known.includes(name)) continue
    const meant = nearest(name, known)
    if (meant !== undefined) throw new UsageError(`${name} in the environment is unknown; did you mean ${meant}?`)
  }
}
