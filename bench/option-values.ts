import { accessSync, constants } from 'node:fs'
import { dirname } from 'node:path'
import { InvalidArgumentError } from 'commander'
import { type Cost, readCosts } from './guard.ts'

// What options are made of. Each throws InvalidArgumentError with a sentence on what to give instead.

export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
    if (value >= min && value <= max) return value
    throw new InvalidArgumentError(`use a whole number from ${min} to ${max}.`)
  }
}

export function number(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN
    if (value >= min && value <= max) return value
    throw new InvalidArgumentError(`use a number from ${min} to ${max}.`)
  }
}

/** Several of the same kind, with commas between. */
export function listOf<T>(parse: (text: string) => T): (text: string) => readonly T[] {
  return (text) => text.split(',').map((part) => parse(part.trim()))
}

export function oneOf<T extends string>(known: readonly T[]): (text: string) => T {
  return (text) => {
    const found = known.find((one) => one === text)
    if (found === undefined) throw new InvalidArgumentError(`choose of ${known.join(', ')}.`)
    return found
  }
}

/** A time such as `90s`, `10m` or `1h`, in seconds. */
export function parseSeconds(text: string): number {
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?)([smh])$/.exec(text) ?? []
  const seconds = Number(digits) * ({ s: 1, m: 60, h: 3_600 }[unit] ?? Number.NaN)
  if (seconds >= 1 && seconds <= 86_400) return seconds
  throw new InvalidArgumentError('use a time such as 90s or 10m, from 1s to 24h.')
}

export function parseDirectory(path: string): string {
  try {
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK)
    return path
  } catch (error) {
    throw new InvalidArgumentError(`it cannot be used: ${error instanceof Error ? error.message : String(error)}.`)
  }
}

/** Found out before the benchmark, not after it. Files get endings of their own. */
export function parseOutput(path: string): string {
  parseDirectory(dirname(path))
  return path.replace(/\.(md|svg|json)$/, '')
}

/** What transactions cost when a report was written. */
export function parseCosts(path: string): readonly Cost[] {
  try {
    return readCosts(path)
  } catch (error) {
    throw new InvalidArgumentError(`it cannot be used: ${error instanceof Error ? error.message : String(error)}.`)
  }
}
