import type { CostReason, Explanation, KeySet, Measure } from './tools.ts'

/** An explanation for people, a line for each thing worth saying, the shape last. */
export function describeExplanation(explanation: Explanation): string {
  const { canWrite, reads, scans, writes, parameters, variables, bytes, nesting, tokens, shape } = explanation
  const named = parameters.map(({ name, isKey }) => (isKey ? `$${name} (a key)` : `$${name}`))
  const sizes = [measureText(bytes, 'bytes'), measureText(tokens, 'tokens'), `nested ${measureText(nesting, 'levels')}`]
  const rows: readonly (readonly [name: string, text: string])[] = [
    ['kind', canWrite ? 'can write' : 'only reads'],
    ['reads', keysText(reads)],
    ['scans', keysText(scans, '…')],
    ['writes', keysText(writes)],
    ['parameters', named.join(', ')],
    ['variables', variables.join(', ')],
    ['cost', costText(explanation.cost)],
    ['size', sizes.join(', ')],
  ]
  const lines = rows.filter(([, text]) => text !== '').map(([name, text]) => `${name}:`.padEnd(12) + text)
  return [
    ...lines,
    'shape:',
    ...shape
      .trimEnd()
      .split('\n')
      .map((line) => `  ${line}`.trimEnd()),
  ].join('\n')
}

/** The same as one line of JSON for machines. */
export function explanationJson(explanation: Explanation): string {
  return JSON.stringify({ status: 'explained', ...explanation })
}

function keysText({ keys, parameters, computed }: KeySet, end = ''): string {
  const shown = [...keys.map((key) => JSON.stringify(key)), ...parameters.map((name) => `$${name}`)]
  const all = shown.map((key) => key + end)
  return [...all, ...(computed ? ['computed ones, known when it runs'] : [])].join(', ')
}

function costText({ least, most, max, dependsOn }: Explanation['cost']): string {
  const bounds =
    most === null ? `at least ${digits(least)}` : least === most ? digits(least) : `${digits(least)} to ${digits(most)}`
  const reasons = dependsOn.map((reason) => REASONS[reason])
  return [`${bounds} of ${digits(max)}`, ...reasons].join('; ')
}

const REASONS: Readonly<Record<CostReason, string>> = {
  loop: 'loops cost by their rounds',
  scan: 'scans by their entries',
  values: 'values of hundreds of bytes cost more',
}

function measureText({ is, max }: Measure, unit: string): string {
  return `${digits(is)} of ${digits(max)} ${unit}`
}

function digits(number: number): string {
  return number.toLocaleString('en-US')
}
