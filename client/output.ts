import { excerptAt, offsetAt } from '../lang/source.ts'
import type { Answer } from './call.ts'
import type { DecreeError } from './errors.ts'
import { formatEntries, formatValue } from './json.ts'

/** How a transaction ended, as lines for people: `result: {…}`, then what it returned or why it was aborted. */
export function describeAnswer(answer: Answer): readonly string[] {
  const { value } = answer.value
  const result = `result: ${formatEntries(answer.value.reads, 'spaced')}`
  if (answer.$case === 'aborted') return [result, `aborted: ${formatValue(value, 'spaced')}`]
  if (!answer.value.complete) return ['committed; its result came too late to be still held']
  return value?.kind?.$case === 'null' ? [result] : [result, `value: ${formatValue(value, 'spaced')}`]
}

/** An error as text for people, with the line of the program, or the part of it around the place, and a caret. */
export function describeError(error: DecreeError, text: string): string {
  const { message, position } = error
  const offset = position === undefined ? undefined : offsetAt(text, position)
  // Servers draw the caret themselves where they can.
  if (offset === undefined || message.includes('\n')) return `error: ${message}`
  return `error: ${message}\n${excerptAt(text, offset)}`
}

/** How a transaction ended, as one line of JSON for machines. */
export function answerJson(answer: Answer): string {
  const { value } = answer.value
  const reads = formatEntries(answer.value.reads, 'compact')
  if (answer.$case === 'aborted') {
    return `{"status":"aborted","value":${formatValue(value, 'compact')},"reads":${reads}}`
  }
  const { revision, complete } = answer.value
  if (complete) {
    return `{"status":"committed","revision":${revision},"reads":${reads},"value":${formatValue(value, 'compact')}}`
  }
  return `{"status":"committed","revision":${revision},"reads":${reads},"value":null,"complete":false}`
}

/** An error as one line of JSON for machines. */
export function errorJson({ code, message, outcome }: DecreeError): string {
  return JSON.stringify({ status: 'error', code, message, outcome })
}
